// A byte a dimension in place of a vector: 8-bit codes that a row can nearly be had back from.
//
// Each dimension has a centre c and a step s of its own, so that one a thousand times as wide as the others costs them
// nothing. A coordinate x is kept as b = round((x - c) / s), from -127 to 127, and stands for c + s b, which is off by
// half a step at most. Rows are transformed ones (transform.h), less the coordinate that an inner product adds: of a
// size that floats hold with room, and under cosine of length 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernels.h"
#include "transform/metric_transform.h"

namespace nearabout {

// The least and the largest of each dimension of some rows.
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
  // Steps are not negative: 0 where all rows are equal.
  ByteSteps(std::vector<float> centres, std::vector<float> steps);
  explicit ByteSteps(const ByteRanges& ranges);

  std::size_t dims() const { return centres_.size(); }
  const std::vector<float>& centres() const { return centres_; }
  const std::vector<float>& steps() const { return steps_; }
  // The largest step.
  double unit() const { return unit_; }

  void encode(const float* row, std::int8_t* bytes) const;
  void decode(const std::int8_t* bytes, double* row) const;
  // The sum of (s b)^2, as a multiple of unit()^2: whatever the steps, a float holds it.
  float square(const std::int8_t* bytes) const;

 private:
  std::vector<float> centres_, steps_;
  double unit_ = 0;
};

// A query against rows of bytes: ranks in the units of BoundQuery, in float64.
class BoundByteQuery {
 public:
  // The query as it was asked, transform.inputs() floats, finite; not zero under Space::unit.
  BoundByteQuery(const ByteSteps& steps, const MetricTransform& transform, const float* query);

  // `squares` are those of the rows, in their order; not read but under Space::squared.
  void rdists(kernels::Rows rows, const float* squares, double* out) const;

 private:
  CodeSpace space_;
  std::vector<double> weights_;  // what bytes are multiplied with
  double base_ = 0;              // what is the same for all rows
  double square_unit_ = 0;
};

}  // namespace nearabout
