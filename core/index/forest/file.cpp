// Opens a forest.
#include "index/exact/byte_rows.h"
#include "index/exact/screen.h"
#include "index/forest/forest.h"
#include "index/stored_rows.h"

namespace nearabout::forest {

ForestIndex::ForestIndex(const storage::File& file, const index::Descriptor& descriptor)
    : Searcher(descriptor, file.name(), calibration::read_calibration(file)),
      file_(file),
      layout_(read_forest_layout(file, descriptor)),
      screen_(exact::screen_of(file, descriptor, *layout_.vectors, quantize::kScreenOfRows)),
      bytes_(exact::byte_rows_of(file, descriptor)),
      scan_(descriptor, *layout_.vectors, screen_ ? &*screen_ : nullptr, bytes_ ? &*bytes_ : nullptr) {
  if (rows() == 0) return;
  for (const storage::Section* section :
       {layout_.vectors, layout_.node_codes, layout_.tree_rows, layout_.tree_codes, layout_.tree_offsets})
    if (section) section->advise(storage::system::Access::anywhere);
}

void ForestIndex::copy_vector(std::uint32_t row, std::byte* to) const {
  index::copy_row(*layout_.vectors, row, row_bytes(descriptor().element, dims()), to);
}

// The leaves of the first tree.
std::vector<std::uint32_t> ForestIndex::stored_order() const {
  if (rows() == 0) return {};
  const std::span<const std::uint32_t> leaves = layout_.tree_rows->items<std::uint32_t>(0, rows());
  return {leaves.begin(), leaves.end()};
}

}  // namespace nearabout::forest
