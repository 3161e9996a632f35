#include "quantize/itq.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "transform/dense.h"

namespace nearabout::quantize {
namespace {

using transform::narrowed;
using transform::padded_outputs;
using transform::product;
using transform::transposed;
using transform::widened;

constexpr std::size_t kRotationTurns = 20;  // 50 find as good as no more neighbours

// Returns the product of two tables whose rows are not filled up.
std::vector<float> times(const std::vector<float>& left, std::size_t rows, std::size_t inner,
                         const std::vector<float>& right, std::size_t columns, std::size_t threads) {
  return narrowed(product(left, rows, inner, widened(right, inner, columns), padded_outputs(columns), threads), rows,
                  columns);
}

// Makes the rows orthonormal, the first ones changed least; a row that vanishes (a direction along which vectors do not
// vary) is replaced by a random one.
void orthonormalise_rows(std::vector<float>& table, std::size_t rows, std::size_t columns, Random& random) {
  std::vector<double> flipped(rows * columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) flipped[j * rows + i] = double{table[i * columns + j]};
  transform::orthonormalise(flipped, columns, rows, rows, 2, random);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) table[i * columns + j] = static_cast<float>(flipped[j * rows + i]);
}

// Replaces a table by its orthogonal polar factor: X becomes (3 I - X X') X / 2 until X X' is about I. A singular value
// that is zero stays zero.
void polar_factor(std::vector<float>& table, std::size_t rows, std::size_t columns, std::size_t threads) {
  constexpr std::size_t kMaxSteps = 40;
  constexpr double kSmallChange = 1e-3;  // change of the largest number
  double square = 0;
  for (const float value : table) square += double{value} * double{value};
  if (!(square > 0)) return;
  for (float& value : table) value = static_cast<float>(double{value} / std::sqrt(square));
  for (std::size_t step = 0; step < kMaxSteps; ++step) {
    const std::vector<float> gram = times(table, rows, columns, transposed(table, rows, columns, rows), rows, threads);
    const std::vector<float> moved = times(gram, rows, rows, table, columns, threads);
    double change = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
      const float next = 1.5f * table[i] - 0.5f * moved[i];
      change = std::max(change, std::abs(double{next} - double{table[i]}));
      table[i] = next;
    }
    if (change < kSmallChange) return;
  }
}

}  // namespace

std::vector<float> learn_rotation(const std::vector<float>& vectors, std::size_t rows, std::size_t dims,
                                  std::size_t bits, std::uint64_t seed, std::size_t threads) {
  Random random(0x17C0 + seed);
  std::vector<float> rotation(dims * bits);
  for (float& value : rotation) value = static_cast<float>(random.symmetric());
  orthonormalise_rows(rotation, dims, bits, random);
  const std::vector<float> flipped = transposed(vectors, rows, dims, rows);
  const std::size_t width = padded_outputs(bits);
  for (std::size_t turn = 0; turn < kRotationTurns; ++turn) {
    std::vector<float> corners = product(vectors, rows, dims, widened(rotation, dims, bits), width, threads);
    for (float& value : corners) value = value > 0 ? 1.0f : -1.0f;
    rotation = narrowed(product(flipped, dims, rows, corners, width, threads), dims, bits);
    polar_factor(rotation, dims, bits, threads);
  }
  orthonormalise_rows(rotation, dims, bits, random);
  return rotation;
}

}  // namespace nearabout::quantize
