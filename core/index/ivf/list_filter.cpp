#include "index/ivf/list_filter.h"

#include <bit>
#include <limits>

#include "base/threads.h"
#include "kernels/kernels.h"

namespace nearabout::ivf {

ListFilter::ListFilter(const IvfLayout& layout, const index::RowFilter& rows)
    : bits_(layout.lists.blocks.back(), 0),
      allowed_(layout.list_count()),
      squares_(layout.centroids.squares.begin(), layout.centroids.squares.end()),
      residuals_(layout.lists.residuals) {
  const auto fill = [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t list = begin; list < end; ++list) fill_list(layout, rows, list);
  };
  constexpr std::size_t kListsTogether = 16;
  parallel_for(layout.list_count(), kListsTogether, index::filter_threads(rows.rows()), fill);
  for (std::uint32_t list = 0; list < allowed_.size(); ++list)
    if (allowed_[list] == 0) empty_.push_back(list);
}

void ListFilter::fill_list(const IvfLayout& layout, const index::RowFilter& rows, std::size_t list) {
  const std::size_t columns = layout.lists.rows->shape().columns;
  const std::size_t size = layout.lists.sizes[list];
  const std::uint64_t place = std::uint64_t{layout.lists.blocks[list]} * kernels::kBlockRows;
  const std::uint32_t* const numbers = layout.lists.rows->items<std::uint32_t>(place * columns, size * columns).data();
  std::uint16_t* const bits = bits_.data() + layout.lists.blocks[list];
  std::uint32_t allowed = 0;
  for (std::size_t i = 0; i < size; i += kernels::kBlockRows) {
    const std::uint64_t block = rows.bits_of(numbers + i * columns, std::min(kernels::kBlockRows, size - i), columns,
                                             [&](std::size_t row) { layout.throw_row(row); });
    bits[i / kernels::kBlockRows] = static_cast<std::uint16_t>(block);
    allowed += static_cast<std::uint32_t>(std::popcount(block));
  }
  allowed_[list] = allowed;
  if (allowed == 0) squares_[list] = std::numeric_limits<float>::infinity();
  if (!residuals_.empty()) residuals_[list].keep(allowed, size);
}

}  // namespace nearabout::ivf
