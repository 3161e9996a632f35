#include "index/exact/exact.h"
#include "index/exact/screen.h"
#include "index/stored_rows.h"

namespace nearabout {

ExactIndex::ExactIndex(const storage::File& file, const Descriptor& descriptor)
    : Searcher(descriptor, file.name(), read_calibration(file)),
      vectors_(&file.section(storage::SectionId::vectors)),
      screen_(screen_of(file, descriptor, *vectors_, kScreenOfExact)),
      scan_(descriptor, *vectors_, screen_ ? &*screen_ : nullptr) {}

void ExactIndex::copy_vector(std::uint32_t row, std::byte* to) const {
  copy_row(*vectors_, row, row_bytes(descriptor().element, dims()), to);
}

}  // namespace nearabout
