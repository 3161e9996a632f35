#include "index/kdtree/allowed_leaves.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/threads.h"

namespace nearabout::kdtree {
namespace {

using kernels::kBlockRows;

[[noreturn]] void throw_row(std::size_t row) {
  throw CorruptFileError("a leaf has row " + std::to_string(row) + ", which does not exist; build the index again");
}

}  // namespace

AllowedLeaves::AllowedLeaves(const KdTreeLayout& layout, const index::RowFilter& rows)
    : rows_(layout.shape.blocks()), children_(layout.shape.nodes()) {
  const TreeShape& shape = layout.shape;
  constexpr std::size_t kBlocksTogether = 4'096;
  parallel_for(rows_.size(), kBlocksTogether, index::filter_threads(shape.rows()),
               [&](std::size_t begin, std::size_t end, std::size_t) {
                 for (std::size_t block = begin; block < end; ++block) {
                   const std::size_t first = block * kBlockRows;
                   const std::size_t count = std::min(kBlockRows, shape.rows() - first);
                   const std::uint32_t* const numbers = layout.rows->items<std::uint32_t>(first, count).data();
                   rows_[block] = static_cast<std::uint16_t>(rows.bits_of(numbers, count, 1, throw_row));
                 }
               });
  for (std::size_t level = 0; level < shape.levels(); ++level) {
    first_nodes_.push_back(shape.first_node(level));
    for (std::size_t node = 0; node < shape.nodes(level); ++node) {
      unsigned bits = 0;
      for (std::size_t child = 0; child < shape.children(level, node); ++child) {
        const std::size_t below = node * kChildren + child;
        const auto has_rows = [&](std::size_t block) { return rows_[block] != 0; };
        bool any = false;
        if (level > 0) any = children(level - 1, below) != 0;
        for (std::size_t block = shape.first_block(below); level == 0 && block < shape.end_block(below); ++block)
          any = any || has_rows(block);
        bits |= any ? 1u << child : 0u;
      }
      children_[first_nodes_[level] + node] = static_cast<std::uint16_t>(bits);
    }
  }
}

}  // namespace nearabout::kdtree
