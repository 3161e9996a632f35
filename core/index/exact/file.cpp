#include "index/exact/byte_rows.h"
#include "index/exact/exact.h"
#include "index/exact/screen.h"
#include "index/stored_rows.h"

namespace nearabout::exact {

ExactIndex::ExactIndex(const storage::File& file, const index::Descriptor& descriptor)
    : Searcher(descriptor, file.name(), calibration::read_calibration(file)),
      vectors_(&file.section(storage::SectionId::vectors)),
      screen_(screen_of(file, descriptor, *vectors_, quantize::kScreenOfExact)),
      bytes_(byte_rows_of(file, descriptor)),
      scan_(descriptor, *vectors_, screen_ ? &*screen_ : nullptr, bytes_ ? &*bytes_ : nullptr) {}

std::unique_ptr<const index::KindFilter> ExactIndex::derive_filter(const index::RowFilter&) const {
  return std::make_unique<const index::RowOrderFilter>();
}

void ExactIndex::copy_vector(std::uint32_t row, std::byte* to) const {
  index::copy_row(*vectors_, row, row_bytes(descriptor().element, dims()), to);
}

}  // namespace nearabout::exact
