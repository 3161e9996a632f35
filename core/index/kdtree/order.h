// The order of rows in a k-d tree: divided at a coordinate again and again, until leaves are left (Bentley, CACM 1975).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/monitor.h"
#include "index/kdtree/shape.h"

namespace nearabout::kdtree {

// Returns the rows in the order of the leaves, those of a leaf ascending. `points` are `dims` numbers for each row.
// Each part is divided in the dimension in which it is widest. The same for any number of threads.
std::vector<std::uint32_t> order_rows(const std::vector<float>& points, std::size_t dims, const TreeShape& shape,
                                      std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::kdtree
