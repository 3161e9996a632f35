#include "metric/near_cosine.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nearabout::metric {
namespace {

constexpr std::size_t kLanes = 4;

// Returns the sum of term(j) over all dimensions, in an order that depends on their number alone.
template <class Term>
double sum_of(std::size_t dims, Term term) {
  double sums[kLanes] = {};
  const std::size_t whole = dims / kLanes * kLanes;
  for (std::size_t first = 0; first < whole; first += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += term(first + lane);
  for (std::size_t last = whole; last < dims; ++last) sums[last - whole] += term(last);
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

// Computes 1 - cos = sin^2 / (1 + cos).
double from_square_of_sine(double square) { return square / (1 + std::sqrt(1 - std::min(square, 1.0))); }

// Returns true if other = factor * one. Products of two float32 are exact in double.
template <class One, class Other>
bool are_multiples(const One* one, const Other* other, std::size_t dims) {
  const std::size_t place = static_cast<std::size_t>(std::find_if(one, one + dims, [](One x) { return x != 0; }) - one);
  const double scale = static_cast<double>(one[place]);
  const double other_scale = static_cast<double>(other[place]);
  for (std::size_t j = 0; j < dims; ++j)
    if (static_cast<double>(one[j]) * other_scale != static_cast<double>(other[j]) * scale) return false;
  return true;
}

// Computes the distance from the component of `other` perpendicular to `one`, whose length is |other| sin. For a
// multiple only rounding error remains, or nothing: such vectors are compared exactly.
template <class One, class Other>
double distance_of(const One* one, const Other* other, std::size_t dims) {
  constexpr double kRounding = 1e-28;
  const auto a = [=](std::size_t j) { return static_cast<double>(one[j]); };
  const auto b = [=](std::size_t j) { return static_cast<double>(other[j]); };
  const double product = sum_of(dims, [=](std::size_t j) { return a(j) * b(j); });
  const double square = sum_of(dims, [=](std::size_t j) { return a(j) * a(j); });
  const double other_square = sum_of(dims, [=](std::size_t j) { return b(j) * b(j); });
  const double along = product / square;
  const double remainder = sum_of(dims, [=](std::size_t j) { return (b(j) - along * a(j)) * (b(j) - along * a(j)); });
  if (remainder <= kRounding * other_square && are_multiples(one, other, dims)) return 0;
  return from_square_of_sine(std::max(remainder / other_square, std::numeric_limits<double>::denorm_min()));
}

}  // namespace

double near_cosine_distance(const double* one, const double* other, std::size_t dims) {
  return distance_of(one, other, dims);
}
double near_cosine_distance(const double* one, const float* other, std::size_t dims) {
  return distance_of(one, other, dims);
}
double near_cosine_distance(const float* one, const float* other, std::size_t dims) {
  return distance_of(one, other, dims);
}

// Computes the distance from the Gram determinant: both products are below 2^64, and the first is never smaller
// (Cauchy-Schwarz).
double near_cosine_distance(std::uint64_t square, std::uint64_t other_square, std::uint64_t product) {
  const std::uint64_t whole = square * other_square;
  return from_square_of_sine(static_cast<double>(whole - product * product) / static_cast<double>(whole));
}

}  // namespace nearabout::metric
