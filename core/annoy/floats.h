// Sums of float32 for one pair of vectors at a time, as the descent of a tree needs them: the kernels of core/kernels
// work on four rows at once, and three of those would be wasted here. Sixteen sums side by side are what compilers turn
// into vector instructions without being allowed to reorder additions.
#pragma once

#include <cstddef>

namespace nearabout::annoy {

inline float dot(const float* left, const float* right, std::size_t dims) {
  constexpr std::size_t kLanes = 16;
  float sums[kLanes] = {};
  const std::size_t whole = dims / kLanes * kLanes;
  for (std::size_t first = 0; first < whole; first += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += left[first + lane] * right[first + lane];
  for (std::size_t last = whole; last < dims; ++last) sums[last - whole] += left[last] * right[last];
  for (std::size_t half = kLanes / 2; half > 0; half /= 2)
    for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

// The same in double, of term(i) for all dimensions: as exact as the kernels.
template <class Term>
double sum_of(std::size_t dims, Term term) {
  constexpr std::size_t kLanes = 8;
  double sums[kLanes] = {};
  const std::size_t whole = dims / kLanes * kLanes;
  for (std::size_t first = 0; first < whole; first += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += term(first + lane);
  for (std::size_t last = whole; last < dims; ++last) sums[last - whole] += term(last);
  for (std::size_t half = kLanes / 2; half > 0; half /= 2)
    for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

inline double dot_in_double(const float* left, const float* right, std::size_t dims) {
  return sum_of(dims, [=](std::size_t i) { return static_cast<double>(left[i]) * static_cast<double>(right[i]); });
}

// sum += factor * values
inline void add_scaled(float* sum, const float* values, float factor, std::size_t dims) {
  for (std::size_t i = 0; i < dims; ++i) sum[i] += factor * values[i];
}

}  // namespace nearabout::annoy
