// Sums of float32 for one pair of vectors, as the descent of a tree needs them: the kernels of core/kernels work on
// four rows at once, three of which would be wasted here. With sixteen independent sums, compilers can use vector
// instructions without reordering additions.
#pragma once

#include <cmath>
#include <cstddef>

namespace nearabout::annoy {

inline float dot(const float* left, const float* right, std::size_t dims) {
  constexpr std::size_t kFloatLanes = 16;
  float sums[kFloatLanes] = {};
  const std::size_t whole = dims / kFloatLanes * kFloatLanes;
  for (std::size_t first = 0; first < whole; first += kFloatLanes)
    for (std::size_t lane = 0; lane < kFloatLanes; ++lane) sums[lane] += left[first + lane] * right[first + lane];
  for (std::size_t last = whole; last < dims; ++last) sums[last - whole] += left[last] * right[last];
  for (std::size_t half = kFloatLanes / 2; half > 0; half /= 2)
    for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

// Sums term(i) over all dimensions in double, as exactly as the kernels.
template <class Term>
double sum_of(std::size_t dims, Term term) {
  constexpr std::size_t kDoubleLanes = 8;
  double sums[kDoubleLanes] = {};
  const std::size_t whole = dims / kDoubleLanes * kDoubleLanes;
  for (std::size_t first = 0; first < whole; first += kDoubleLanes)
    for (std::size_t lane = 0; lane < kDoubleLanes; ++lane) sums[lane] += term(first + lane);
  for (std::size_t last = whole; last < dims; ++last) sums[last - whole] += term(last);
  for (std::size_t half = kDoubleLanes / 2; half > 0; half /= 2)
    for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

// Returns 2 - 2 cos of two vectors, or 2 if one of them is zero; in one pass, as exact as the kernels.
inline double squared_chord(const float* left, const float* right, std::size_t dims) {
  constexpr std::size_t kProductLanes = 4;
  double products[kProductLanes] = {}, left_squares[kProductLanes] = {}, right_squares[kProductLanes] = {};
  const auto add = [&](std::size_t place, std::size_t lane) {
    const auto one = static_cast<double>(left[place]);
    const auto other = static_cast<double>(right[place]);
    products[lane] += one * other;
    left_squares[lane] += one * one;
    right_squares[lane] += other * other;
  };
  const std::size_t whole = dims / kProductLanes * kProductLanes;
  for (std::size_t first = 0; first < whole; first += kProductLanes)
    for (std::size_t lane = 0; lane < kProductLanes; ++lane) add(first + lane, lane);
  for (std::size_t last = whole; last < dims; ++last) add(last, last - whole);
  const auto total = [](const double* sums) { return (sums[0] + sums[2]) + (sums[1] + sums[3]); };
  const double squares = total(left_squares) * total(right_squares);
  return squares > 0 ? 2.0 - 2.0 * (total(products) / std::sqrt(squares)) : 2.0;
}

// Computes sum += factor * values.
inline void add_scaled(float* sum, const float* values, float factor, std::size_t dims) {
  for (std::size_t i = 0; i < dims; ++i) sum[i] += factor * values[i];
}

}  // namespace nearabout::annoy
