// The slow and obvious arithmetic that tests compare with: one product at a time, in double.
#pragma once

#include <cstddef>

namespace nearabout::test {

inline double slow_product(const float* a, const float* b, std::size_t dims) {
  double sum = 0;
  for (std::size_t j = 0; j < dims; ++j) sum += double{a[j]} * double{b[j]};
  return sum;
}

inline double slow_squared_distance(const float* a, const float* b, std::size_t dims) {
  double sum = 0;
  for (std::size_t j = 0; j < dims; ++j) sum += (double{a[j]} - double{b[j]}) * (double{a[j]} - double{b[j]});
  return sum;
}

}  // namespace nearabout::test
