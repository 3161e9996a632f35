// A filter in the order of a tree: one bit for each row of a block, and for each child of a node that has allowed rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/kdtree/layout.h"
#include "index/search_filter.h"

namespace nearabout::kdtree {

class AllowedLeaves : public index::KindFilter {
 public:
  AllowedLeaves(const KdTreeLayout& layout, const index::RowFilter& rows);

  unsigned rows(std::size_t block) const { return rows_[block]; }
  unsigned children(std::size_t level, std::size_t node) const { return children_[first_nodes_[level] + node]; }

 private:
  std::vector<std::uint16_t> rows_, children_;
  std::vector<std::size_t> first_nodes_;  // of each level
};

}  // namespace nearabout::kdtree
