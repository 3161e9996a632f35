#include "index/ivf/list_filter.h"

#include <bit>
#include <limits>

#include "kernels/kernels.h"

namespace nearabout::ivf {

ListFilter::ListFilter(const IvfLayout& layout, const index::RowFilter& rows)
    : bits_(layout.lists.blocks.back(), 0),
      squares_(layout.centroids.squares.begin(), layout.centroids.squares.end()),
      residuals_(layout.lists.residuals) {
  const std::size_t columns = layout.lists.rows->shape().columns;
  for (std::size_t list = 0; list < layout.list_count(); ++list) {
    const std::size_t size = layout.lists.sizes[list];
    const std::uint64_t place = std::uint64_t{layout.lists.blocks[list]} * kernels::kBlockRows;
    const std::uint32_t* const numbers =
        layout.lists.rows->items<std::uint32_t>(place * columns, size * columns).data();
    std::uint16_t* const bits = bits_.data() + layout.lists.blocks[list];
    std::uint32_t allowed = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint32_t row = numbers[i * columns];
      if (row >= rows.rows()) layout.throw_row(row);
      const unsigned bit = rows.allows(row) ? 1 : 0;
      bits[i / kernels::kBlockRows] |= static_cast<std::uint16_t>(bit << i % kernels::kBlockRows);
      allowed += bit;
    }
    allowed_.push_back(allowed);
    lists_ += allowed > 0 ? 1u : 0u;
    if (allowed == 0) squares_[list] = std::numeric_limits<float>::infinity();
    if (residuals_.empty() || size == 0) continue;
    const float part = static_cast<float>(allowed) / static_cast<float>(size);
    residuals_[list].rows *= part;
    residuals_[list].far_rows *= part;
  }
}

}  // namespace nearabout::ivf
