// The sections of a k-d tree that searches read: points in blocks, and boxes around them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/kdtree/shape.h"

namespace nearabout::kdtree {

// Returns the points in blocks of 16 rows, in the order of the tree; the last block is filled up with its last row.
std::vector<float> pack_points(const std::vector<float>& points, std::size_t dims,
                               const std::vector<std::uint32_t>& order, std::size_t threads);

// Returns the boxes of all nodes; those of children that a node does not have are infinitely far.
std::vector<float> pack_boxes(const std::vector<float>& blocks, std::size_t dims, const TreeShape& shape,
                              std::size_t threads);

}  // namespace nearabout::kdtree
