// One tree of an Annoy file.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "annoy/layout.h"
#include "annoy/sketch.h"
#include "annoy/split.h"

namespace nearabout::annoy {

// The input that all trees of one build share.
struct Ground {
  const Layout* layout;
  const std::byte* nodes;            // the items
  std::uint32_t item_count;          // including holes
  std::vector<std::uint32_t> items;  // the items that exist
  Table table;                       // the vectors in which planes are found; not for hamming
  const Sketch* sketch;              // null if these are the original vectors
};

// The nodes of a tree, root first. Children below `item_count` are items, others are nodes of this tree, the first of
// which has the number `item_count`.
using Tree = std::vector<std::byte>;

// Grows a tree, which depends on the ground and on the seed alone. `keep_going` is called often and throws to cancel.
Tree grow_tree(const Ground& ground, std::uint64_t seed, const std::function<void()>& keep_going);

}  // namespace nearabout::annoy
