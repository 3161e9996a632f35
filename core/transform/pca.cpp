#include "transform/pca.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/number_order.h"
#include "base/random.h"
#include "transform/dense.h"

namespace nearabout::transform {
namespace {

// Rounds of subspace iteration: after three, neighbouring directions are still mixed.
constexpr std::size_t kPcaRounds = 4;

// Multiplies a block by the covariance, which is computed explicitly if it is smaller than the vectors.
class Covariance {
 public:
  Covariance(const std::vector<float>& vectors, std::size_t rows, std::size_t dims, std::size_t threads)
      : vectors_(vectors), rows_(rows), dims_(dims), threads_(threads) {
    flipped_ = transposed(vectors, rows, dims, rows);
    if (dims <= 1024) {
      const std::size_t outputs = padded_outputs(dims);
      std::vector<float> wide(rows * outputs, 0.0f);
      for (std::size_t i = 0; i < rows; ++i)
        std::copy_n(vectors.begin() + static_cast<std::ptrdiff_t>(i * dims), dims,
                    wide.begin() + static_cast<std::ptrdiff_t>(i * outputs));
      const std::vector<float> full = product(flipped_, dims, rows, wide, outputs, threads);
      table_.resize(dims * dims);
      for (std::size_t i = 0; i < dims; ++i)
        std::copy_n(full.begin() + static_cast<std::ptrdiff_t>(i * outputs), dims,
                    table_.begin() + static_cast<std::ptrdiff_t>(i * dims));
    }
  }

  std::vector<float> times(const std::vector<float>& block, std::size_t outputs) const {
    if (!table_.empty()) return product(table_, dims_, dims_, block, outputs, threads_);
    const std::vector<float> scores = product(vectors_, rows_, dims_, block, outputs, threads_);
    return product(flipped_, dims_, rows_, scores, outputs, threads_);
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
