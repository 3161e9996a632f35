// The Euclidean norm of a vector of floats, in double.
#pragma once

#include <cmath>
#include <cstddef>

namespace nearabout {

inline double squared_norm(const float* values, std::size_t count) {
  // Independent sums: a single one would wait for each addition, and the compiler may not reorder them.
  double sums[8] = {};
  std::size_t j = 0;
  for (; j + 8 <= count; j += 8)
    for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += double{values[j + lane]} * double{values[j + lane]};
  for (; j < count; ++j) sums[0] += double{values[j]} * double{values[j]};
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

inline double norm(const float* values, std::size_t count) { return std::sqrt(squared_norm(values, count)); }

}  // namespace nearabout
