#include "transform/pca.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/number_order.h"
#include "base/random.h"
#include "transform/products.h"

namespace nearabout::transform {
namespace {

// Rounds of subspace iteration: after three, neighbouring directions are still mixed.
constexpr std::size_t kPcaRounds = 4;

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

// Orthonormalises the first `columns` columns of a table of `width` columns by Gram-Schmidt, in double, repeated
// `passes` times: one pass is enough within an iteration, two are orthonormal to the last bits. A column that vanishes
// (data of lower rank) is replaced by a random one. columns <= rows.
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

// Multiplies a block by the covariance, which is computed explicitly if it is smaller than the vectors.
class Covariance {
 public:
  Covariance(const std::vector<float>& vectors, std::size_t rows, std::size_t dims, std::size_t threads)
      : vectors_(vectors), rows_(rows), dims_(dims), threads_(threads) {
    flipped_ = transposed(vectors.data(), rows, dims, rows);
    if (dims <= 1024) {
      const std::size_t outputs = padded_outputs(dims);
      std::vector<float> wide(rows * outputs, 0.0f);
      for (std::size_t i = 0; i < rows; ++i)
        std::copy_n(vectors.begin() + static_cast<std::ptrdiff_t>(i * dims), dims,
                    wide.begin() + static_cast<std::ptrdiff_t>(i * outputs));
      const std::vector<float> full = product(flipped_.data(), dims, rows, wide.data(), outputs, threads);
      table_.resize(dims * dims);
      for (std::size_t i = 0; i < dims; ++i)
        std::copy_n(full.begin() + static_cast<std::ptrdiff_t>(i * outputs), dims,
                    table_.begin() + static_cast<std::ptrdiff_t>(i * dims));
    }
  }

  std::vector<float> times(const std::vector<float>& block, std::size_t outputs) const {
    if (!table_.empty()) return product(table_.data(), dims_, dims_, block.data(), outputs, threads_);
    const std::vector<float> scores = product(vectors_.data(), rows_, dims_, block.data(), outputs, threads_);
    return product(flipped_.data(), dims_, rows_, scores.data(), outputs, threads_);
  }

 private:
  const std::vector<float>& vectors_;
  std::size_t rows_, dims_, threads_;
  std::vector<float> flipped_;
  std::vector<float> table_;
};

// Returns the first `count` columns by decreasing variance, as a table of their own: iteration alone leaves the last
// few unordered.
std::vector<double> widest(const std::vector<double>& directions, const std::vector<float>& projections,
                           std::size_t dims, std::size_t columns, std::size_t width, std::size_t count) {
  std::vector<std::pair<double, std::size_t>> order(columns);
  for (std::size_t c = 0; c < columns; ++c) {
    double variance = 0;  // v . (C v)
    for (std::size_t j = 0; j < dims; ++j) variance += directions[j * width + c] * double{projections[j * width + c]};
    order[c] = {-variance, c};
  }
  std::sort(order.begin(), order.end(), NanLast{});
  std::vector<double> sorted(dims * count);
  for (std::size_t j = 0; j < dims; ++j)
    for (std::size_t c = 0; c < count; ++c) sorted[j * count + c] = directions[j * width + order[c].second];
  return sorted;
}

}  // namespace

std::vector<double> principal_directions(const std::vector<float>& vectors, std::size_t rows, std::size_t dims,
                                         std::size_t count, std::size_t threads) {
  const std::size_t columns = std::min(padded_outputs(count + 8), dims);
  const std::size_t width = padded_outputs(columns);  // the kernel needs padding: the extra columns are zero
  const Covariance covariance(vectors, rows, dims, threads);
  Random random(0x5EED);
  std::vector<double> directions(dims * width, 0.0);
  for (std::size_t j = 0; j < dims; ++j)
    for (std::size_t c = 0; c < columns; ++c) directions[j * width + c] = random.symmetric();
  orthonormalise(directions, dims, columns, width, 1, random);
  for (std::size_t round = 0;; ++round) {
    const std::vector<float> block(directions.begin(), directions.end());
    const std::vector<float> projections = covariance.times(block, width);
    if (round == kPcaRounds) return widest(directions, projections, dims, columns, width, count);
    directions.assign(projections.begin(), projections.end());
    orthonormalise(directions, dims, columns, width, round + 1 == kPcaRounds ? 2 : 1, random);
  }
}

std::vector<float> mixed_directions(const std::vector<double>& directions, std::size_t dims, std::size_t available,
                                    std::size_t count, std::size_t outputs, std::uint64_t seed) {
  Random random(0xD1CE + seed);
  std::vector<double> mixer(count * count);  // weight of direction a in output b
  for (std::size_t a = 0; a < count; ++a) {
    const double sign = random.next() >> 63 ? 1.0 : -1.0;
    for (std::size_t b = 0; b < count; ++b) {
      const double angle =
          std::numbers::pi / static_cast<double>(count) * (static_cast<double>(a) + 0.5) * static_cast<double>(b);
      mixer[a * count + b] = sign * std::cos(angle) * std::sqrt((b == 0 ? 1.0 : 2.0) / static_cast<double>(count));
    }
  }
  std::vector<float> mixed(dims * outputs, 0.0f);
  std::vector<double> row(count);
  for (std::size_t j = 0; j < dims; ++j) {
    std::fill(row.begin(), row.end(), 0.0);
    for (std::size_t a = 0; a < count; ++a) {
      const double value = directions[j * available + a];
      for (std::size_t b = 0; b < count; ++b) row[b] += value * mixer[a * count + b];
    }
    for (std::size_t b = 0; b < count; ++b) mixed[j * outputs + b] = static_cast<float>(row[b]);
  }
  return mixed;
}

}  // namespace nearabout::transform
