// One byte per dimension instead of a vector: 8-bit codes from which a row can be reconstructed approximately.
//
// Each dimension has its own centre c and step s, so a dimension a thousand times as wide as the others does not make
// them less accurate. A coordinate x is stored as b = round((x - c) / s), from -127 to 127, and decoded as c + s b,
// which is off by at most half a step. Rows are transformed first (metric_transform.h), without the coordinate that an
// inner product adds: their size fits floats with room to spare, and under cosine their length is 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernels.h"
#include "transform/metric_transform.h"

namespace nearabout::quantize {

// The minimum and maximum of each dimension over some rows.
class ByteRanges {
 public:
  explicit ByteRanges(std::size_t dims);
  void add(const float* row);
  void merge(const ByteRanges& other);
  const std::vector<float>& least() const { return least_; }
  const std::vector<float>& largest() const { return largest_; }

 private:
  std::vector<float> least_, largest_;
};

class ByteSteps {
 public:
  ByteSteps() = default;
  // Takes centres and steps. Steps are not negative: 0 if all rows are equal.
  ByteSteps(std::vector<float> centres, std::vector<float> steps);
  explicit ByteSteps(const ByteRanges& ranges);

  std::size_t dims() const { return centres_.size(); }
  const std::vector<float>& centres() const { return centres_; }
  const std::vector<float>& steps() const { return steps_; }
  // Returns the largest step.
  double unit() const { return unit_; }

  void encode(const float* row, std::int8_t* bytes) const;
  void decode(const std::int8_t* bytes, double* row) const;
  // Returns the sum of (s b)^2, as a multiple of unit()^2: whatever the steps, a float holds it.
  float square(const std::int8_t* bytes) const;

 private:
  std::vector<float> centres_, steps_;
  double unit_ = 0;
};

// A query bound to rows of bytes, which computes reduced distances in the units of BoundQuery, in float64.
class BoundByteQuery {
 public:
  // Binds a query as the caller gave it: transform.inputs() floats, finite, not zero under CodeSpace::cosine.
  BoundByteQuery(const ByteSteps& steps, const transform::MetricTransform& transform, const float* query);

  // Computes reduced distances. `squares` are those of the rows, in the same order; they are read only under
  // CodeSpace::l2.
  void rdists(kernels::Rows rows, const float* squares, double* out) const;

 private:
  transform::CodeSpace space_;
  std::vector<double> weights_;  // multipliers of the bytes
  double base_ = 0;              // term common to all rows
  double square_unit_ = 0;
};

}  // namespace nearabout::quantize
