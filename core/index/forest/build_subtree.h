// Grows a tree: groups of rows are split until each is small enough for a leaf.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/monitor.h"
#include "index/forest/split.h"

namespace nearabout::forest {

// A node of a tree, as its place in the order of rows. Nodes are in preorder: the left branch follows directly, the
// right one after the `skip` nodes of the left.
struct Branch {
  std::uint64_t begin;
  std::uint64_t end;
  std::uint32_t skip;  // number of nodes of this branch, including this one: 1 is a leaf

  bool leaf() const { return skip == 1; }
  std::uint64_t rows() const { return end - begin; }
};

// A branch over some rows: its nodes in preorder, and the rows in the order of its leaves.
struct BuiltSubtree {
  std::vector<Branch> branches;
  std::vector<std::uint32_t> order;  // indices of codes
};

// Grows a branch over the rows 0 .. count-1 of `codes` (at least one), whose places in the tree begin with `origin`.
// The result depends on the seed and not on the number of threads: each split draws its random numbers from the seed
// and its rows' places.
BuiltSubtree build_subtree(const Codes& codes, std::size_t count, std::uint64_t origin, const quantize::Grid& grid,
                           std::size_t leaf_size, std::uint64_t seed, std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::forest
