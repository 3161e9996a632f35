#include "index/kdtree/space.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "metric/haversine.h"

namespace nearabout::kdtree {
namespace {

using metric::Metric;

constexpr double kRoundingUnit = 0x1p-24;  // of float32
constexpr double kRadians = std::numbers::pi / 180;
constexpr std::size_t kSphereDims = 3;
// Squares of differences of such coordinates, summed over all dimensions that a vector may have, fit in float32.
constexpr int kLargestExponent = 54;
constexpr int kSmallestExponent = -40;  // below, squares of differences soon underflow

double length_of(const float* vector, std::size_t dims) {
  double square = 0;
  for (std::size_t j = 0; j < dims; ++j) square += double{vector[j]} * double{vector[j]};
  return std::sqrt(square);
}

// Writes the point of the unit sphere at this latitude and longitude, in degrees.
void place_on_sphere(const float* degrees, float* point) {
  const double latitude = double{degrees[0]} * kRadians;
  const double longitude = double{degrees[1]} * kRadians;
  point[0] = static_cast<float>(std::cos(latitude) * std::cos(longitude));
  point[1] = static_cast<float>(std::cos(latitude) * std::sin(longitude));
  point[2] = static_cast<float>(std::sin(latitude));
}

}  // namespace

bool TreeSpace::serves(Metric metric) {
  return metric == Metric::euclidean || metric == Metric::sqeuclidean || metric == Metric::manhattan ||
         metric == Metric::cosine || metric == Metric::haversine;
}

double TreeSpace::scale_for(Metric metric, double largest) {
  if (metric == Metric::cosine || metric == Metric::haversine || largest == 0) return 1;
  const int exponent = std::ilogb(largest);
  if (exponent >= kLargestExponent) return std::ldexp(1, kLargestExponent - 1 - exponent);
  return exponent < kSmallestExponent ? std::ldexp(1, -exponent) : 1;
}

TreeSpace::TreeSpace(Metric metric, std::size_t dims, double scale)
    : metric_(metric), vector_dims_(dims), tree_dims_(metric == Metric::haversine ? kSphereDims : dims), scale_(scale) {
  constexpr double kBothSides = 2.5;  // (1 + e) / (1 - e) is less than 1 + 2.5 e
  const auto terms = static_cast<double>(tree_dims_);
  constexpr double kLimitUnits = 3;  // of rounding a limit to float32
  relative_ = (kBothSides * (terms + 3) + kLimitUnits) * kRoundingUnit;
  // Coordinates that are scaled down may lose their last bits; otherwise only squares do.
  absolute_ = terms * (scale < 1 ? 0x1p-68 : 0x1p-124);
  if (metric == Metric::cosine || metric == Metric::haversine) moved_ = 1.01 * kRoundingUnit * std::sqrt(terms);
}

void TreeSpace::map(const float* vectors, std::size_t count, float* points) const {
  for (std::size_t i = 0; i < count; ++i) {
    const float* const vector = vectors + i * vector_dims_;
    float* const point = points + i * tree_dims_;
    if (metric_ == Metric::haversine) {
      place_on_sphere(vector, point);
      continue;
    }
    const double factor = metric_ == Metric::cosine ? 1 / length_of(vector, vector_dims_) : scale_;
    for (std::size_t j = 0; j < vector_dims_; ++j) point[j] = static_cast<float>(double{vector[j]} * factor);
  }
}

bool TreeSpace::map_query(const float* query, float* point) const {
  if (metric_ != Metric::cosine && metric_ != Metric::haversine) {
    const double largest = std::ldexp(1, kLargestExponent) / scale_;
    for (std::size_t j = 0; j < vector_dims_; ++j)
      if (!(std::abs(double{query[j]}) <= largest)) return false;
  }
  map(query, 1, point);
  return true;
}

double TreeSpace::value_at(double rdist) const {
  if (!(rdist < std::numeric_limits<double>::infinity())) return rdist;
  if (metric_ == Metric::haversine) {
    const double half = std::sin(std::min(rdist / (2 * metric::kEarthRadius), std::numbers::pi / 2));
    return 4 * half * half;
  }
  if (metric_ == Metric::cosine) return 2 * rdist;
  return metric_ == Metric::manhattan ? rdist * scale_ : rdist * scale_ * scale_;
}

double TreeSpace::value_nearer(double value, double epsilon) const {
  if (metric_ == Metric::euclidean) return value / ((1 + epsilon) * (1 + epsilon));
  if (metric_ != Metric::haversine) return value / (1 + epsilon);
  const double angle = std::asin(std::min(1.0, std::sqrt(value) / 2));  // half of the arc
  const double half = std::sin(angle / (1 + epsilon));
  return 4 * half * half;
}

}  // namespace nearabout::kdtree
