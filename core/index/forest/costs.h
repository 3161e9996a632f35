// About how long the parts of a search take, in nanoseconds with AVX-512: where efforts are compared with each other
// and with the exact scan.
#pragma once

#include <algorithm>
#include <cstddef>

namespace nearabout {

inline constexpr double kForestQueryCost = 10'000;  // ranking leaves, and the rows of the first

// A row of a leaf, with its part of the rows that wait.
inline double leaf_row_cost(std::size_t width) { return 6 + 0.08 * static_cast<double>(width); }
inline double full_row_cost(std::size_t row_bytes) { return 40 + 0.15 * static_cast<double>(row_bytes); }

// How many rows of leaves may be looked at in that time.
inline double rows_within(double nanoseconds, std::size_t width) {
  return std::max(0.0, nanoseconds - kForestQueryCost) / leaf_row_cost(width);
}

}  // namespace nearabout
