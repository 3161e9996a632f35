// One byte per dimension of each row, kept besides the vectors: for a query, a proven bound that says of most rows that
// they are too far away, so that only the few that remain are read and compared in full.
//
// A row x (under cosine, x divided by its length) is stored as bytes b, which stand for y with y_j = c_j + s_j b_j: a
// centre and a step for each dimension. E bounds |x - y| over all rows, measured when they are encoded. A dimension of
// whole numbers within 255 of each other gets the step 1 and loses nothing: vectors that were bytes before they became
// floats have E = 0, and the bound is as good as the distance.
//
//   |q - x| >= |q - y| - E                <q, x> <= <q, y> + |q| E
//   |q - y|^2 = |q - c|^2 + sum (s_j b_j)^2 - 2 sum w_j b_j,    w_j = (q_j - c_j) s_j
//
// The weights w are rounded to whole multiples W of t, of 16 bits (fewer beyond 512 dims, so that sums fit 32 bits):
// the sum of the W_j b_j is exact, and |w - t W| times the largest |b| of any row bounds what the rounding changes. The
// sum of squares is stored, rounded down. So a row at distance D or less has
//
//   sum (s_j b_j)^2 - 2 t sum W_j b_j  <=  (D + E)^2 - |q - c|^2 + 2 |w - t W| |b|
//
// The left side is the row's *score*, the right side the query's *limit* for D. Inner products work the same way, with
// w_j = q_j s_j, without squares. Weights are computed in float: what that adds to their rounding is a hundredth of it.
// Everything else is in double, and the limit has room for its rounding: (dims + 8) 2^-51 of the sum of the magnitudes,
// twice what a sum of dims terms can be off by, and 2^-22 of the squares, whose differences are in float.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernels.h"
#include "transform/space.h"

namespace nearabout::quantize {

// What the bytes of all rows stand for.
class ByteBounds {
 public:
  ByteBounds() = default;
  // Takes centres and steps, which are finite and not negative; `error` is E, `longest` the largest |b| of any row.
  ByteBounds(transform::CodeSpace space, std::vector<float> centres, std::vector<float> steps, double error,
             double longest);

  transform::CodeSpace space() const { return space_; }
  std::size_t dims() const { return centres_.size(); }
  const std::vector<float>& centres() const { return centres_; }
  const std::vector<float>& steps() const { return steps_; }
  double error() const { return error_; }
  double longest() const { return longest_; }
  // Returns the largest step, and each step relative to it.
  double unit() const { return unit_; }
  const std::vector<float>& shares() const { return shares_; }
  // Returns a bound of |x|, of any row.
  double reach() const { return reach_; }

  // Encodes a row, of unit length under cosine.
  void encode(const float* row, std::int8_t* bytes) const;
  // Returns a bound of |x - y| for a row and its bytes.
  double error_of(const float* row, const std::int8_t* bytes) const;
  // Returns the sum of (s b)^2 as a multiple of unit()^2, rounded down.
  float square(const std::int8_t* bytes) const;

 private:
  transform::CodeSpace space_ = transform::CodeSpace::l2;
  std::vector<float> centres_, steps_, shares_;
  double error_ = 0;
  double longest_ = 0;
  double unit_ = 0;
  double reach_ = 0;
};

// A query bound to the bytes of rows.
class ByteBoundQuery {
 public:
  ByteBoundQuery() = default;
  // Binds a query of dims floats as the caller gave it: finite, not zero under cosine. `bounds` must outlive this;
  // `scratch` is work space.
  void bind(const ByteBounds& bounds, const float* query, std::vector<float>& scratch);

  // Computes scores of rows of bytes. `squares` are those of the rows, in the same order; not read for inner products.
  void scores(kernels::Rows rows, const float* squares, double* out) const;
  // Returns the largest score that a row of reduced distance `rdist` or less can have.
  double limit(double rdist) const;
  // Returns the reduced distance that a row of this score has if its bytes are exact: an estimate.
  double estimate(double score) const;

 private:
  void round(const float* weights, float largest);

  const ByteBounds* bounds_ = nullptr;
  bool screens_ = true;  // false for a query whose differences are too large for floats: every row passes
  std::vector<std::int16_t> weights_;
  double factor_ = 0;       // of an integer product in a score
  double square_unit_ = 0;  // of a square
  double base_ = 0;         // |q - c|^2, or <q, c>
  double norm_ = 0;         // |q|, for inner products
  double residual_ = 0;     // bound of what rounded weights change in a score
  double rounding_ = 0;     // the same for sums in double
  double relative_ = 0;     // relative error of a sum of dims terms
};

}  // namespace nearabout::quantize
