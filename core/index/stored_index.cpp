#include "index/stored_index.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/convert.h"
#include "base/error.h"
#include "index/registry.h"
#include "index/verify.h"
#include "storage/validate.h"

namespace nearabout {

// That a section of floats holds no NaN and no infinity. Sections of other types have no such numbers.
void verify_finite(const storage::File& file, const storage::Section& section, const Monitor& monitor) {
  const Element element = section.element();
  if (element != Element::f32 && element != Element::f16 && element != Element::bf16) return;
  constexpr std::size_t kNumbers = 65'536;
  const std::uint64_t width = row_bytes(element, 1);
  const std::uint64_t count = section.length() / width;
  std::vector<float> numbers(std::min<std::uint64_t>(kNumbers, count));
  for (std::uint64_t begin = 0; begin < count; begin += kNumbers) {
    report(monitor, static_cast<double>(begin) / static_cast<double>(count));
    const std::size_t some = std::min<std::uint64_t>(kNumbers, count - begin);
    to_f32(element, section.checked(begin * width, (begin + some) * width), some, numbers.data());
    for (std::size_t i = 0; i < some; ++i)
      if (!std::isfinite(numbers[i]))
        storage::throw_corrupt(file.name(), "a number in section " + section.name(),
                               section.offset() + (begin + i) * width, "finite", std::to_string(numbers[i]));
  }
}

StoredIndex::StoredIndex(std::shared_ptr<const storage::File> file, std::unique_ptr<const Searcher> searcher)
    : file_(std::move(file)), searcher_(std::move(searcher)), keys_(file_) {
  if (keys_.kind() != storage::KeyKind::none && keys_.size() != rows())
    throw CorruptFileError(file_->name() + " is corrupt: it has " + std::to_string(keys_.size()) + " keys for " +
                           std::to_string(rows()) + " vectors. Copy or build it again.");
}

std::shared_ptr<const StoredIndex> StoredIndex::open(std::shared_ptr<const storage::File> file) {
  const Descriptor descriptor = read_descriptor(*file);
  std::unique_ptr<const Searcher> searcher = find_kind(descriptor.kind)->open(*file, descriptor);
  return std::shared_ptr<const StoredIndex>(new StoredIndex(std::move(file), std::move(searcher)));
}

void StoredIndex::verify(const Monitor& monitor) const {
  file_->verify(subprogress(monitor, 0.0, 0.5));
  for (const storage::SectionId id : {storage::SectionId::vectors, storage::SectionId::row_terms})
    if (file_->has(id)) verify_finite(*file_, file_->section(id), subprogress(monitor, 0.5, 0.7));
  searcher_->verify(subprogress(monitor, 0.7, 0.8));
  keys_.verify(subprogress(monitor, 0.8, 1.0));
  report(monitor, 1.0);
}

}  // namespace nearabout
