#include "transform/dense.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "base/transpose.h"
#include "kernels/kernels.h"

namespace nearabout::transform {
namespace {

constexpr std::size_t kRowsPerProjection = 16;  // rows per call of the kernel

// Computes eight independent sums: a single one would wait for each addition, and the compiler may not reorder them.
double dot(const double* a, const double* b, std::size_t count) {
  double sums[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  for (; i < count; ++i) sums[0] += a[i] * b[i];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

// Subtracts from `column` its components along the columns before it.
void remove_components(double* column, const std::vector<double>& column_major, std::size_t earlier, std::size_t rows) {
  for (std::size_t other = 0; other < earlier; ++other) {
    const double* direction = column_major.data() + other * rows;
    const double along = dot(direction, column, rows);
    for (std::size_t i = 0; i < rows; ++i) column[i] -= along * direction[i];
  }
}

}  // namespace

std::vector<float> transposed(const std::vector<float>& table, std::size_t rows, std::size_t columns,
                              std::size_t stride) {
  std::vector<float> result(columns * stride, 0.0f);
  transpose(table.data(), rows, columns, result.data(), stride);
  return result;
}

std::vector<float> product(const std::vector<float>& left, std::size_t rows, std::size_t inner,
                           const std::vector<float>& right, std::size_t outputs, std::size_t threads) {
  std::vector<float> result(rows * outputs);
  const auto project = kernels::table().project;
  parallel_for(rows, kRowsPerProjection, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    project(left.data() + begin * inner, end - begin, inner, right.data(), outputs, result.data() + begin * outputs);
  });
  return result;
}

std::vector<float> widened(const std::vector<float>& table, std::size_t rows, std::size_t columns) {
  const std::size_t width = padded_outputs(columns);
  std::vector<float> wide(rows * width, 0.0f);
  for (std::size_t i = 0; i < rows; ++i) std::copy_n(table.data() + i * columns, columns, wide.data() + i * width);
  return wide;
}

std::vector<float> narrowed(const std::vector<float>& table, std::size_t rows, std::size_t columns) {
  const std::size_t width = padded_outputs(columns);
  std::vector<float> narrow(rows * columns);
  for (std::size_t i = 0; i < rows; ++i) std::copy_n(table.data() + i * width, columns, narrow.data() + i * columns);
  return narrow;
}

void orthonormalise(std::vector<double>& table, std::size_t rows, std::size_t columns, std::size_t width, int passes,
                    Random& random) {
  std::vector<double> column_major(rows * columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t c = 0; c < columns; ++c) column_major[c * rows + i] = table[i * width + c];

  for (std::size_t c = 0; c < columns; ++c) {
    double* column = column_major.data() + c * rows;
    for (int attempt = 0; attempt < 8; ++attempt) {
      const double before = dot(column, column, rows);
      for (int pass = 0; pass < passes; ++pass) remove_components(column, column_major, c, rows);
      const double after = dot(column, column, rows);
      if (after > 1e-20 * before && after > 0) {
        const double scale = 1 / std::sqrt(after);
        for (std::size_t i = 0; i < rows; ++i) column[i] *= scale;
        break;
      }
      for (std::size_t i = 0; i < rows; ++i) column[i] = random.symmetric();
    }
  }
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t c = 0; c < columns; ++c) table[i * width + c] = column_major[c * rows + i];
}

}  // namespace nearabout::transform
