#include "index/stored_index.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "index/registry.h"
#include "index/verify.h"

namespace nearabout::index {

StoredIndex::StoredIndex(std::shared_ptr<const storage::File> file, std::unique_ptr<const Searcher> searcher)
    : file_(std::move(file)), searcher_(std::move(searcher)), keys_(file_) {
  if (keys_.kind() != storage::KeyKind::none && keys_.size() != rows())
    throw CorruptFileError(file_->name() + " is corrupt: it has " + std::to_string(keys_.size()) + " keys for " +
                           std::to_string(rows()) + " vectors. Copy or build it again.");
}

std::shared_ptr<const StoredIndex> StoredIndex::open(std::shared_ptr<const storage::File> file) {
  if (file->has(storage::SectionId::quantizer_header))
    throw UnknownFormatError(file->name() +
                             ": is a quantizer, not an index; open it with nearabout.load_quantizer(path)");
  const Descriptor descriptor = read_descriptor(*file);
  std::unique_ptr<const Searcher> searcher = find_kind(descriptor.kind)->open(*file, descriptor);
  return std::shared_ptr<const StoredIndex>(new StoredIndex(std::move(file), std::move(searcher)));
}

void StoredIndex::verify(const Monitor& monitor) const {
  file_->verify(subprogress(monitor, 0.0, 0.5));
  for (const storage::SectionId id :
       {storage::SectionId::vectors, storage::SectionId::row_terms, storage::SectionId::bound_squares})
    if (file_->has(id)) verify_finite(*file_, file_->section(id), subprogress(monitor, 0.5, 0.7));
  searcher_->verify(subprogress(monitor, 0.7, 0.8));
  keys_.verify(subprogress(monitor, 0.8, 1.0));
  report(monitor, 1.0);
}

}  // namespace nearabout::index
