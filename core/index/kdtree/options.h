// The settings of a build of a k-d tree.
#pragma once

#include <cstddef>

namespace nearabout::kdtree {

inline constexpr std::size_t kMaxLeafSize = 1'024;

struct KdTreeOptions {
  std::size_t leaf_size = 16;  // rows of a leaf, a multiple of 16
  double epsilon = 0;          // by how much results of searches without a recall may be farther than the true ones
};

}  // namespace nearabout::kdtree
