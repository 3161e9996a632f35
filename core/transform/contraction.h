// A map into fewer dimensions that never puts two vectors further apart than they are.
//
// It keeps the coordinates along m orthonormal directions and, as one coordinate more, the length of what is left. For
// any two vectors, |u - v| >= |f(u) - f(v)|: the kept coordinates are a part of the difference, and the lengths of the
// two remainders differ by no more than the remainders do. So a distance in the projection is a proven lower bound of
// the true one. Any orthonormal set will do; principal directions make the bound tight. (Hwang, Han and Ahn, "A fast
// nearest neighbor search algorithm by nonlinear embedding", CVPR 2012, use the same inequality with means and
// deviations of blocks.)
//
// Real directions are orthonormal but for rounding. With VtV = I + D and |D| <= epsilon (Frobenius), the form
// (1 + epsilon) I - V Vt is positive semidefinite; its seminorm takes the place of the remainder's length, and
// (1 + epsilon) |u - v|^2 >= |f(u) - f(v)|^2 holds for the directions as they are stored.
#pragma once

#include <cstddef>
#include <vector>

namespace nearabout {

class Contraction {
 public:
  Contraction() = default;
  // The identity, shifted: outputs() == dims.
  explicit Contraction(std::vector<float> centre);
  // `directions` is dims x outputs, row by row, outputs a multiple of 16; its last column is zero and stands for the
  // remainder. The epsilon is computed here.
  Contraction(std::vector<float> centre, std::vector<float> directions, std::size_t outputs);
  // As read from a file: epsilon was computed when it was written.
  Contraction(std::vector<float> centre, std::vector<float> directions, std::size_t outputs, double epsilon);

  std::size_t dims() const { return centre_.size(); }
  std::size_t outputs() const { return outputs_; }
  bool identity() const { return directions_.empty(); }
  double epsilon() const { return epsilon_; }
  const std::vector<float>& centre() const { return centre_; }
  const std::vector<float>& directions() const { return directions_; }

  // Images of `count` vectors of dims() floats each; `errors[i]` bounds the distance between projection i as computed
  // and as it would be in exact arithmetic. `centred` false leaves the centre where it is, as inner products want for
  // queries.
  void apply(const float* vectors, std::size_t count, bool centred, float* projections, double* errors) const;

 private:
  void add_remainder(const float* vector, float* projection, double* error) const;

  std::vector<float> centre_;
  std::vector<float> directions_;
  std::size_t outputs_ = 0;
  double epsilon_ = 0;
};

}  // namespace nearabout
