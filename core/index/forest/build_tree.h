// Builds one tree of a forest over all rows, however many: rows are routed to parts, and each part is grown in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/monitor.h"
#include "index/forest/build_subtree.h"
#include "index/forest/store.h"

namespace nearabout::forest {

struct Tree {
  std::vector<Branch> branches;
  SketchStore rows;  // in the order of the leaves
};

// Builds a tree. `scratch` is as in SketchStore. The tree depends on the sketches, the leaf size and the seed alone.
Tree build_tree(const SketchStore& sketches, const quantize::Grid& grid, std::size_t leaf_size, std::uint64_t seed,
                std::size_t threads, const std::string* scratch, const Monitor& monitor);

}  // namespace nearabout::forest
