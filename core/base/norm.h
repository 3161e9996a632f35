// The length of a vector of floats, in double.
#pragma once

#include <cmath>
#include <cstddef>

namespace nearabout {

inline double squared_norm(const float* values, std::size_t count) {
  double sum = 0;
  for (std::size_t j = 0; j < count; ++j) sum += double{values[j]} * double{values[j]};
  return sum;
}

inline double norm(const float* values, std::size_t count) { return std::sqrt(squared_norm(values, count)); }

}  // namespace nearabout
