#include "index/forest/leaf_filter.h"

#include <string>

#include "base/error.h"

namespace nearabout::forest {

LeafFilter::LeafFilter(const ForestLayout& layout, const index::RowFilter& rows)
    : bits_((layout.trees * rows.rows() + 63) / 64, 0), residuals_(layout.residuals) {
  if (layout.levels.empty()) return;
  const std::span<const std::uint64_t> firsts = layout.levels[0].firsts;
  std::uint64_t allowed = 0;
  for (std::size_t leaf = 0; leaf + 1 < firsts.size(); ++leaf) {
    before_.push_back(allowed);
    const std::uint64_t size = firsts[leaf + 1] - firsts[leaf];
    const std::span<const std::uint32_t> numbers = layout.tree_rows->items<std::uint32_t>(firsts[leaf], size);
    std::uint64_t here = 0;
    for (std::uint64_t i = 0; i < size; ++i) {
      if (numbers[i] >= rows.rows())
        throw CorruptFileError("a leaf has row " + std::to_string(numbers[i]) + ", but the index has " +
                               std::to_string(rows.rows()) + " rows; build it again");
      const std::uint64_t place = firsts[leaf] + i;
      const std::uint64_t bit = rows.allows(numbers[i]) ? 1 : 0;
      bits_[place / 64] |= bit << place % 64;
      here += bit;
    }
    allowed += here;
    if (residuals_.empty() || size == 0) continue;
    const float part = static_cast<float>(here) / static_cast<float>(size);
    residuals_[leaf].rows *= part;
    residuals_[leaf].far_rows *= part;
  }
  before_.push_back(allowed);
}

}  // namespace nearabout::forest
