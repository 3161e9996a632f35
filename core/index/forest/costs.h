// Estimated times of the parts of a search, in nanoseconds with AVX-512: used to compare efforts with each other and
// with the exact scan.
#pragma once

#include <algorithm>
#include <cstddef>

namespace nearabout::forest {

inline constexpr double kForestQueryCost = 10'000;  // ranking leaves, and the rows of the first

// Returns the cost of a row of a leaf, including its part of the cost of the rows that wait.
inline double leaf_row_cost(std::size_t width) { return 6 + 0.08 * static_cast<double>(width); }
inline double full_row_cost(std::size_t row_bytes) { return 40 + 0.15 * static_cast<double>(row_bytes); }

// Returns how many rows of leaves can be examined in that time.
inline double rows_within(double nanoseconds, std::size_t width) {
  return std::max(0.0, nanoseconds - kForestQueryCost) / leaf_row_cost(width);
}

}  // namespace nearabout::forest
