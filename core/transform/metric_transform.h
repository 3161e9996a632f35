// Vectors on their way into a space where near means a small Euclidean distance.
//
// Euclidean distances stay as they are. Cosine is the Euclidean distance of unit vectors. The largest inner product is
// the least distance once each row has one more coordinate, sqrt(longest^2 - |x|^2), which makes all rows equally long
// (Bachrach et al., "Speeding up the Xbox recommender system using a Euclidean transformation for inner-product
// spaces", RecSys 2014); queries have zero there, and the length of the longest row, which changes no order.
#pragma once

#include <cstddef>

#include "transform/space.h"

namespace nearabout {

// Coordinates beyond this are cut off there, so that squares of transformed vectors and sums of many are finite floats.
// Only a row that is larger than those that the scale was chosen for, by a factor of 10^6 and more, comes so far.
inline constexpr double kMaxTransformed = 1e15;

class MetricTransform {
 public:
  MetricTransform() = default;
  // `scale` is what vectors of Space::squared are multiplied with; `longest` the length of the longest row of
  // Space::inner.
  MetricTransform(CodeSpace space, std::size_t dims, float scale, double longest)
      : space_(space), dims_(dims), scale_(scale), longest_(longest) {}

  CodeSpace space() const { return space_; }
  std::size_t inputs() const { return dims_; }
  std::size_t outputs() const { return dims_ + (space_ == CodeSpace::inner_product ? 1 : 0); }
  float scale() const { return scale_; }
  double longest() const { return longest_; }

  // `count` vectors of inputs() floats become as many of outputs().
  void rows(const float* vectors, std::size_t count, float* transformed) const;
  void queries(const float* vectors, std::size_t count, float* transformed) const;

 private:
  void transform(const float* vector, bool row, float* transformed) const;

  CodeSpace space_ = CodeSpace::l2;
  std::size_t dims_ = 0;
  float scale_ = 1;
  double longest_ = 0;
};

}  // namespace nearabout
