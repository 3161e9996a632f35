// Rotations: orthogonal matrices of floats, applied to vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::transform {

class Rotation {
 public:
  Rotation() = default;
  // `matrix` is dims x dims, row by row, and its columns are orthonormal: output o is the inner product of a vector
  // with column o.
  Rotation(std::vector<float> matrix, std::size_t dims);

  std::size_t dims() const { return dims_; }
  const std::vector<float>& matrix() const { return matrix_; }

  // Rotates vectors that lie one after another.
  void apply(const float* vectors, std::size_t count, float* rotated) const;
  // Rotates them back.
  void undo(const float* rotated, std::size_t count, float* vectors) const;

 private:
  std::size_t dims_ = 0;
  std::vector<float> matrix_;
  std::vector<float> forward_;   // dims x padded_outputs(dims)
  std::vector<float> backward_;  // the same, transposed
};

// Returns the rotation that turns nothing.
Rotation no_rotation(std::size_t dims);

// Returns the rotation that takes vectors nearest to what they should become (P. Schonemann, "A generalized solution of
// the orthogonal Procrustes problem", 1966): the orthogonal factor of `products`, the dims x dims sums of the products
// of a vector's coordinate and a coordinate of what it should become. Directions along which the vectors hardly vary
// stay about where `before` has them.
std::vector<float> nearest_rotation(const std::vector<float>& products, const std::vector<float>& before,
                                    std::size_t dims, std::size_t threads);

}  // namespace nearabout::transform
