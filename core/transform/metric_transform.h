// Transforms vectors into a space where near means a small Euclidean distance.
//
// Euclidean distances are unchanged. Cosine is the Euclidean distance of unit vectors. The largest inner product
// becomes the smallest distance if each row has one more coordinate, sqrt(longest^2 - |x|^2), which makes all rows
// equally long (Bachrach et al., "Speeding up the Xbox recommender system using a Euclidean transformation for
// inner-product spaces", RecSys 2014); that coordinate of a query is zero, and queries are scaled to the length of the
// longest row, which changes no order.
#pragma once

#include <cstddef>

#include "transform/space.h"

namespace nearabout::transform {

// Coordinates are clipped to this, so that squares of transformed vectors and sums of many are finite floats. Only a
// row larger, by a factor of 10^6 or more, than those that the scale was chosen for gets this far.
inline constexpr double kMaxTransformed = 1e15;

class MetricTransform {
 public:
  MetricTransform() = default;
  // Makes a transform. Vectors of CodeSpace::l2 are multiplied by `scale`; `longest` is the length of the longest row
  // under CodeSpace::inner_product.
  MetricTransform(CodeSpace space, std::size_t dims, float scale, double longest)
      : space_(space), dims_(dims), scale_(scale), longest_(longest) {}

  CodeSpace space() const { return space_; }
  std::size_t inputs() const { return dims_; }
  std::size_t outputs() const { return dims_ + (space_ == CodeSpace::inner_product ? 1 : 0); }
  float scale() const { return scale_; }
  double longest() const { return longest_; }

  // Transforms `count` vectors of inputs() floats into as many of outputs() floats.
  void rows(const float* vectors, std::size_t count, float* transformed) const;
  void queries(const float* vectors, std::size_t count, float* transformed) const;

 private:
  void transform(const float* vector, bool row, float* transformed) const;

  CodeSpace space_ = CodeSpace::l2;
  std::size_t dims_ = 0;
  float scale_ = 1;
  double longest_ = 0;
};

}  // namespace nearabout::transform
