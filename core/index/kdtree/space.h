// The space in which a tree divides rows: where the nearest rows under a metric are the nearest points, by Euclidean or
// by Manhattan distance.
//
// Vectors stay what they are under euclidean, sqeuclidean and manhattan, but for a power of two where their squares
// would not fit in float32; cosine takes unit vectors, and haversine points of the unit sphere, of which the chord
// orders as the arc does. Values are float32 squares of distances, or Manhattan distances. limit() says how far
// rounding leads.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "metric/metric.h"

namespace nearabout::kdtree {

class TreeSpace {
 public:
  // Returns true if rows can be divided under this metric.
  static bool serves(metric::Metric metric);
  // Returns the power of two by which coordinates of at most `largest` are multiplied.
  static double scale_for(metric::Metric metric, double largest);

  TreeSpace() = default;
  TreeSpace(metric::Metric metric, std::size_t dims, double scale);

  std::size_t dims() const { return tree_dims_; }
  // Returns true if points are the vectors themselves.
  bool keeps_vectors() const { return moved_ == 0 && scale_ == 1; }
  bool is_squared() const { return metric_ != metric::Metric::manhattan; }

  // Writes the points of vectors, one after the other.
  void map(const float* vectors, std::size_t count, float* points) const;
  // Writes the point of a query. Returns false if it is so far from all rows that float32 has no squares of distances.
  bool map_query(const float* query, float* point) const;

  // Returns the value of rows at this reduced distance (metric/bound_query.h), and infinity for infinity.
  double value_at(double rdist) const;
  // Returns the largest value that a row may be computed to have which is no farther than one with this value.
  float limit(double value) const {
    if (moved_ > 0) {
      const double distance = std::sqrt(value) + 2 * moved_;
      value = distance * distance;
    }
    return static_cast<float>(std::min(value * (1 + relative_) + absolute_, kMaxFloat));
  }
  // Returns the value at the distance of this one divided by 1 + epsilon.
  double value_nearer(double value, double epsilon) const;

 private:
  static constexpr double kMaxFloat = std::numeric_limits<float>::max();

  metric::Metric metric_ = metric::Metric::euclidean;
  std::size_t vector_dims_ = 0, tree_dims_ = 0;
  double scale_ = 1;
  double relative_ = 0;  // error of two values, as a fraction
  double absolute_ = 0;  // error of two values that is left where squares underflow
  double moved_ = 0;     // by how much two points may be moved together, as a distance
};

}  // namespace nearabout::kdtree
