// One tree of an Annoy file.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "annoy/layout.h"
#include "annoy/sketch.h"
#include "annoy/split.h"

namespace nearabout::annoy {

// What all trees of one build share.
struct Ground {
  const Layout* layout;
  const std::byte* nodes;            // of the items
  std::uint32_t item_count;          // holes among them
  std::vector<std::uint32_t> items;  // those that are there
  Table table;                       // what planes are found in; not for hamming
  const Sketch* sketch;              // null where that is the vectors themselves
};

// The nodes of a tree, its root first. Children below `item_count` are items, others are nodes of this tree, the first
// of which has the number `item_count`.
using Tree = std::vector<std::byte>;

// The tree depends on the ground and on the seed, and on nothing else. `keep_going` is called often and throws to stop.
Tree grow_tree(const Ground& ground, std::uint64_t seed, const std::function<void()>& keep_going);

}  // namespace nearabout::annoy
