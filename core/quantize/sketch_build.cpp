// Learns a sketch: which directions to keep, and how many.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/norm.h"
#include "base/number_order.h"
#include "base/transpose.h"
#include "kernels/kernels.h"
#include "quantize/learning_size.h"
#include "quantize/sketch.h"
#include "transform/fit_metric_transform.h"
#include "transform/pca.h"

namespace nearabout::quantize {
namespace {

using transform::Contraction;
using transform::Sample;

constexpr std::size_t kSketchSampleRows = 2048;
constexpr double kDepthOfAll = 12;  // depth assumed for bytes along all dimensions, whose estimates are nearly exact

std::vector<std::size_t> sketch_candidates(std::size_t dims, std::size_t sample_rows) {
  return worthwhile_directions({32, 48, 64, 96, 128, 192}, dims, sample_rows);
}

// Compares some rows of the sample with all of it: their squared distances, true and estimated from leading directions.
class DirectionEvaluator {
 public:
  DirectionEvaluator(const Sample& sample, const std::vector<float>& centred, const std::vector<double>& directions,
                     std::size_t width)
      : rows_(sample.rows), queries_(std::min(kSketchQueries, sample.rows)), width_(width), squares_(sample.rows) {
    const std::vector<float> plain(directions.begin(), directions.end());
    projections_.resize(rows_ * width);
    kernels::table().project(centred.data(), rows_, sample.dims, plain.data(), width, projections_.data());
    for (std::size_t i = 0; i < rows_; ++i) squares_[i] = squared_norm(centred.data() + i * sample.dims, sample.dims);
    products_ = products_of(centred, sample.dims);
  }

  // Returns how far down the list of estimates the last of the nearest rows is found, on average.
  double depth(std::size_t outputs) const {
    double sum = 0;
    for (std::size_t q = 0; q < queries_; ++q) sum += depth_of(q, outputs);
    return sum / static_cast<double>(queries_);
  }

 private:
  static constexpr std::size_t kSketchQueries = 32;
  static constexpr std::size_t kNeighbours = 10;  // k of a typical search

  std::size_t query_row(std::size_t query) const { return query * rows_ / queries_; }

  // Returns the products of the queries with all rows, as one product with the rows as columns.
  std::vector<float> products_of(const std::vector<float>& centred, std::size_t dims) const {
    const std::size_t columns = (rows_ + 15) / 16 * 16;
    std::vector<float> flipped(dims * columns, 0.0f);
    transpose(centred.data(), rows_, dims, flipped.data(), columns);
    std::vector<float> queries;
    for (std::size_t q = 0; q < queries_; ++q) {
      const auto row = centred.begin() + static_cast<std::ptrdiff_t>(query_row(q) * dims);
      queries.insert(queries.end(), row, row + static_cast<std::ptrdiff_t>(dims));
    }
    std::vector<float> products(queries_ * columns);
    kernels::table().project(queries.data(), queries_, dims, flipped.data(), columns, products.data());
    return products;
  }

  double depth_of(std::size_t query, std::size_t outputs) const {
    const std::size_t row = query_row(query);
    const std::size_t columns = products_.size() / queries_;
    std::vector<std::pair<double, double>> nearest;  // true and estimated distances
    for (std::size_t i = 0; i < rows_; ++i) {
      if (i == row) continue;
      const double whole = squares_[i] - 2 * double{products_[query * columns + i]};
      nearest.emplace_back(whole, squares_[i] - 2 * kept_product(row, i, outputs - 1));
    }
    const std::size_t wanted = std::min(kNeighbours, nearest.size());
    std::partial_sort(nearest.begin(), nearest.begin() + static_cast<std::ptrdiff_t>(wanted), nearest.end(), NanLast{});
    double last = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < wanted; ++i) last = std::max(last, nearest[i].second);
    return static_cast<double>(
        std::count_if(nearest.begin(), nearest.end(), [=](const auto& pair) { return pair.second <= last; }));
  }

  double kept_product(std::size_t left, std::size_t right, std::size_t count) const {
    const float* a = projections_.data() + left * width_;
    const float* b = projections_.data() + right * width_;
    float sums[8] = {};
    std::size_t j = 0;
    for (; j + 8 <= count; j += 8)
      for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += a[j + lane] * b[j + lane];
    for (; j < count; ++j) sums[0] += a[j] * b[j];
    return double{((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))};
  }

  std::size_t rows_, queries_, width_;
  std::vector<float> projections_;  // rows x width
  std::vector<double> squares_;     // squared lengths of centred rows
  std::vector<float> products_;     // products of the queries with all rows
};

// Returns the estimated nanoseconds of a typical search that examines about as many rows as the sample has (measured
// with AVX-512; only ratios matter): the projection of the query, the sketches, and the rows compared in full. A byte
// of a sketch counts once more for the file and the build. A search examines rows that are nearer than those of a
// sample, so more of them are within the bias bound.
double cost(std::size_t dims, std::size_t outputs, double depth) {
  constexpr double kLookedAt = 2'000;
  constexpr double kNearerRows = 5;
  const double d = static_cast<double>(dims);
  const double o = static_cast<double>(outputs);
  const double projection = outputs == dims ? 0 : 0.01 * d * o;
  return projection + kLookedAt * 0.012 * o + kNearerRows * depth * (40 + 0.1 * d);
}

Contraction leading_directions(const Sample& sample, std::size_t threads) {
  std::vector<float> centre = transform::centre_of(sample, false);
  const std::vector<std::size_t> candidates = sketch_candidates(sample.dims, sample.rows);
  if (candidates.empty()) return Contraction(std::move(centre));
  std::vector<float> centred = sample.values;
  for (std::size_t i = 0; i < sample.rows; ++i)
    for (std::size_t j = 0; j < sample.dims; ++j) centred[i * sample.dims + j] -= centre[j];
  const std::size_t most = candidates.back();
  const std::vector<double> directions =
      transform::principal_directions(centred, sample.rows, sample.dims, most, threads);
  const DirectionEvaluator evaluator(sample, centred, directions, most);
  std::size_t best = sample.dims;
  double least = cost(sample.dims, sample.dims, kDepthOfAll);
  for (const std::size_t outputs : candidates) {
    const double candidate = cost(sample.dims, outputs, evaluator.depth(outputs));
    if (candidate >= least) continue;
    least = candidate;
    best = outputs;
  }
  if (best == sample.dims) return Contraction(std::move(centre));
  return Contraction(std::move(centre), transform::mixed_directions(directions, sample.dims, most, best - 1, best),
                     best);
}

// Returns the root mean square of |code - middle|.
double typical_spread(const Grid& grid, const std::vector<float>& projections) {
  double sum = 0;
  for (std::size_t i = 0; i < projections.size(); ++i) {
    const std::size_t j = i % grid.dims();
    const double code = (double{projections[i]} - double{grid.low[j]}) / double{grid.step[j]};
    sum += (code - double{grid.middle[j]}) * (code - double{grid.middle[j]});
  }
  return std::sqrt(sum / static_cast<double>(projections.size() / grid.dims()));
}

}  // namespace

LearningSize sketch_learning(std::size_t rows, std::size_t dims) {
  const std::size_t sample_rows = std::min(rows, kSketchSampleRows);
  const std::vector<std::size_t> candidates = sketch_candidates(dims, sample_rows);
  return {sample_rows, candidates.empty() ? 0 : candidates.back()};
}

Sketch learn_sketch(const transform::RowReader& read, std::size_t rows, std::size_t dims, transform::CodeSpace space,
                    std::size_t threads) {
  Sample sample = transform::take_sample(read, rows, dims, sketch_learning(rows, dims).sample_rows);
  const transform::RowReader read_sample = [&](std::size_t begin, std::size_t end, float* to) {
    std::copy(sample.row(begin), sample.row(end), to);
  };
  Sketch sketch;
  sketch.transform = transform::fit_metric_transform(read_sample, sample.rows, dims, space, threads);
  Sample transformed{std::vector<float>(sample.rows * sketch.transform.outputs()), sample.rows,
                     sketch.transform.outputs()};
  sketch.transform.rows(sample.values.data(), sample.rows, transformed.values.data());
  transformed = transform::without_far_rows(transformed);
  sketch.contraction = leading_directions(transformed, threads);

  const std::size_t width = sketch.contraction.outputs();
  std::vector<float> projections(transformed.rows * width);
  std::vector<double> errors(transformed.rows);
  sketch.contraction.apply(transformed.values.data(), transformed.rows, true, projections.data(), errors.data());
  sketch.grid = Grid::spanning(projections, transformed.rows, width);
  sketch.spread = typical_spread(sketch.grid, projections);
  return sketch;
}

}  // namespace nearabout::quantize
