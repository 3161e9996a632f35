// The shape of a tree, which follows from the number of rows: all leaves but the last are full, and so are all nodes
// but the last of each level. Nothing points anywhere.
//
// A node has up to 16 children, whose boxes are stored together. Nodes of level 0 have leaves as children; the one node
// of the highest level is the root.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/kernels.h"

namespace nearabout::kdtree {

inline constexpr std::size_t kChildren = kernels::kBlockRows;

class TreeShape {
 public:
  TreeShape() = default;
  TreeShape(std::size_t rows, std::size_t leaf_size) : rows_(rows), leaf_size_(leaf_size) {
    for (std::size_t nodes = leaves(); nodes > 0; nodes = counts_.back() == 1 ? 0 : counts_.back())
      counts_.push_back(divided(nodes, kChildren));
    firsts_.resize(counts_.size());
    for (std::size_t level = counts_.size(); level-- > 0;) {
      firsts_[level] = nodes_;
      nodes_ += counts_[level];
    }
  }

  std::size_t rows() const { return rows_; }
  std::size_t leaf_size() const { return leaf_size_; }
  std::size_t leaves() const { return leaf_size_ == 0 ? 0 : divided(rows_, leaf_size_); }
  std::size_t levels() const { return counts_.size(); }
  std::size_t nodes() const { return nodes_; }  // of all levels
  // Returns the number of nodes of a level, and the number of the first among all nodes, which begin with the root.
  std::size_t nodes(std::size_t level) const { return counts_[level]; }
  std::size_t first_node(std::size_t level) const { return firsts_[level]; }
  // Returns how many children the node has.
  std::size_t children(std::size_t level, std::size_t node) const {
    const std::size_t below = level == 0 ? leaves() : counts_[level - 1];
    return std::min(kChildren, below - node * kChildren);
  }
  // Rows are stored in blocks of 16.
  std::size_t blocks() const { return divided(rows_, kernels::kBlockRows); }
  std::size_t first_block(std::size_t leaf) const { return leaf * (leaf_size_ / kernels::kBlockRows); }
  std::size_t end_block(std::size_t leaf) const { return std::min(first_block(leaf + 1), blocks()); }

 private:
  static std::size_t divided(std::size_t count, std::size_t by) { return (count + by - 1) / by; }

  std::size_t rows_ = 0;
  std::size_t leaf_size_ = 0;
  std::size_t nodes_ = 0;
  std::vector<std::size_t> counts_, firsts_;  // of nodes, for each level
};

}  // namespace nearabout::kdtree
