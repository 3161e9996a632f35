// A map into fewer dimensions that never increases the distance between two vectors.
//
// It keeps the coordinates along m orthonormal directions and, as one more coordinate, the length of the remainder. For
// any two vectors, |u - v| >= |f(u) - f(v)|: the kept coordinates are a part of the difference, and the lengths of the
// two remainders differ by no more than the remainders do. So a distance in the projection is a proven lower bound of
// the true one. Any orthonormal set will do; principal directions make the bound tight. (Hwang, Han and Ahn, "A fast
// nearest neighbor search algorithm by nonlinear embedding", CVPR 2012, use the same inequality with means and
// deviations of blocks.)
//
// Stored directions are orthonormal only up to rounding. With VtV = I + D and |D| <= epsilon (Frobenius), the form (1 +
// epsilon) I - V Vt is positive semidefinite; its seminorm replaces the remainder's length, and (1 + epsilon) |u - v|^2
// >= |f(u) - f(v)|^2 holds for the directions as they are stored.
#pragma once

#include <cstddef>
#include <vector>

namespace nearabout::transform {

class Contraction {
 public:
  Contraction() = default;
  // Makes the identity, shifted: outputs() == dims.
  explicit Contraction(std::vector<float> centre);
  // Makes a contraction from `directions`, which is dims x outputs, row by row, outputs a multiple of 16; the last
  // column is zero and reserved for the remainder. Computes epsilon.
  Contraction(std::vector<float> centre, std::vector<float> directions, std::size_t outputs);
  // Makes a contraction read from a file, whose epsilon was computed when it was written.
  Contraction(std::vector<float> centre, std::vector<float> directions, std::size_t outputs, double epsilon);

  std::size_t dims() const { return centre_.size(); }
  std::size_t outputs() const { return outputs_; }
  bool identity() const { return directions_.empty(); }
  double epsilon() const { return epsilon_; }
  const std::vector<float>& centre() const { return centre_; }
  const std::vector<float>& directions() const { return directions_; }

  // Projects `count` vectors of dims() floats each; `errors[i]` bounds the distance between projection i as computed
  // and as it would be in exact arithmetic. If `centred` is false, the centre is not subtracted, as inner products need
  // for queries.
  void apply(const float* vectors, std::size_t count, bool centred, float* projections, double* errors) const;

 private:
  void add_remainder(const float* vector, float* projection, double* error) const;

  std::vector<float> centre_;
  std::vector<float> directions_;
  std::size_t outputs_ = 0;
  double epsilon_ = 0;
};

}  // namespace nearabout::transform
