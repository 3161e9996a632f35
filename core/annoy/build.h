// Builds the trees of an index whose items are already in place.
#pragma once

#include <cstdint>
#include <vector>

#include "annoy/layout.h"
#include "base/monitor.h"
#include "storage/growing.h"

namespace nearabout::annoy {

// Number of trees if the caller does not say: build trees until there are twice as many nodes as items.
inline constexpr int kTreesToFit = -1;

struct BuildPlan {
  const Layout* layout;
  std::uint32_t item_count;
  int trees;
  std::uint64_t seed;
  std::size_t threads;
};

struct Built {
  std::uint32_t node_count = 0;
  std::vector<std::uint32_t> roots;
};

// Appends the trees and the copies of their roots to `nodes`, which holds the items. The bytes are the same for any
// number of threads: a tree depends on its seed alone, and trees are appended in order. If this throws, `nodes` still
// holds the items, but anything after them may have been overwritten. Throws InvalidInputError if there would be too
// many nodes.
Built build_trees(storage::system::GrowingBytes& nodes, const BuildPlan& plan, const Monitor& monitor);

}  // namespace nearabout::annoy
