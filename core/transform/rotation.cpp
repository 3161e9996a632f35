#include "transform/rotation.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/norm.h"
#include "kernels/kernels.h"
#include "transform/dense.h"

namespace nearabout::transform {
namespace {

// Multiplies vectors with a matrix of padded columns.
void multiply(const float* vectors, std::size_t count, std::size_t dims, const std::vector<float>& matrix, float* out) {
  const std::size_t width = padded_outputs(dims);
  const auto project = kernels::table().project;
  if (width == dims) return project(vectors, count, dims, matrix.data(), width, out);
  constexpr std::size_t kTurnedTogether = 16;
  std::vector<float> some(kTurnedTogether * width);
  for (std::size_t begin = 0; begin < count; begin += kTurnedTogether) {
    const std::size_t end = std::min(begin + kTurnedTogether, count);
    project(vectors + begin * dims, end - begin, dims, matrix.data(), width, some.data());
    for (std::size_t i = begin; i < end; ++i) std::copy_n(some.data() + (i - begin) * width, dims, out + i * dims);
  }
}

// Returns about the largest singular value of a square matrix of whole columns, by power iteration.
double largest_singular_value(const std::vector<float>& matrix, const std::vector<float>& flipped, std::size_t width) {
  constexpr std::size_t kPowerRounds = 12;
  std::vector<float> vector(width);
  for (std::size_t i = 0; i < width; ++i) vector[i] = 1 + 0.1f * static_cast<float>(i % 7);
  double value = 0;
  for (std::size_t round = 0; round < kPowerRounds; ++round) {
    const double length = norm(vector.data(), width);
    if (!(length > 0)) return 0;
    for (float& number : vector) number = static_cast<float>(double{number} / length);
    const std::vector<float> image = product(vector, 1, width, matrix, width, 1);
    value = norm(image.data(), width);
    vector = product(image, 1, width, flipped, width, 1);
  }
  return value;
}

// Makes a step of the iteration of Newton and Schulz, X (3 I - X'X) / 2, whose parts are products of matrices only.
// Returns how far X'X was from the unit matrix.
float orthogonalise(std::vector<float>& matrix, std::size_t dims, std::size_t width, std::size_t threads) {
  const std::vector<float> flipped = transposed(matrix, width, width, width);
  std::vector<float> square = product(flipped, width, width, matrix, width, threads);
  float most = 0;
  for (std::size_t i = 0; i < dims; ++i)
    for (std::size_t o = 0; o < dims; ++o) {
      float& number = square[i * width + o];
      const float unit = i == o ? 1.0f : 0.0f;
      most = std::max(most, std::abs(number - unit));
      number = 1.5f * unit - 0.5f * number;
    }
  matrix = product(matrix, width, width, square, width, threads);
  return most;
}

}  // namespace

Rotation::Rotation(std::vector<float> matrix, std::size_t dims)
    : dims_(dims),
      matrix_(std::move(matrix)),
      forward_(widened(matrix_, dims, dims)),
      backward_(transposed(matrix_, dims, dims, padded_outputs(dims))) {}

Rotation no_rotation(std::size_t dims) {
  std::vector<float> matrix(dims * dims, 0.0f);
  for (std::size_t j = 0; j < dims; ++j) matrix[j * dims + j] = 1;
  return {std::move(matrix), dims};
}

void Rotation::apply(const float* vectors, std::size_t count, float* rotated) const {
  multiply(vectors, count, dims_, forward_, rotated);
}

void Rotation::undo(const float* rotated, std::size_t count, float* vectors) const {
  multiply(rotated, count, dims_, backward_, vectors);
}

// An iteration takes singular values between 0 and 1 to 1, small ones by half their size at a time, which is why they
// are kept from being tiny.
std::vector<float> nearest_rotation(const std::vector<float>& products, const std::vector<float>& before,
                                    std::size_t dims, std::size_t threads) {
  constexpr float kMinSingular = 1e-3f;  // relative to the largest
  constexpr std::size_t kMaxSteps = 40;
  constexpr float kNearlyOne = 1e-4f;  // the step after that is exact to the last bits
  const std::size_t width = padded_outputs(dims);
  std::vector<float> factor = widened(products, dims, dims);
  factor.resize(width * width, 0.0f);
  const double largest = largest_singular_value(factor, transposed(factor, width, width, width), width);
  if (!(largest > 0)) return before;
  const float scale = static_cast<float>(1 / largest);
  for (std::size_t i = 0; i < dims; ++i)
    for (std::size_t o = 0; o < dims; ++o)
      factor[i * width + o] = factor[i * width + o] * scale + kMinSingular * before[i * dims + o];
  for (std::size_t step = 0; step < kMaxSteps; ++step)
    if (orthogonalise(factor, dims, width, threads) < kNearlyOne) break;
  return narrowed(factor, dims, dims);
}

}  // namespace nearabout::transform
