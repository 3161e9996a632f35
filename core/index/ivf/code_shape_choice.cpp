#include "index/ivf/code_shape_choice.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "base/norm.h"
#include "base/threads.h"
#include "index/ivf/costs.h"
#include "index/ivf/sample_neighbours.h"
#include "kernels/kernels.h"
#include "quantize/byte_centroids.h"
#include "quantize/kmeans.h"
#include "transform/pca.h"

namespace nearabout::ivf {
namespace {

using quantize::CodeShape;

constexpr std::size_t kMaxDirections = 192;
constexpr std::size_t kFewHeldOutRows = 4'096;
constexpr std::size_t kEvaluatedRows = 16'384;  // maximum
constexpr std::size_t kEvaluatedQueries = 48;
constexpr std::size_t kNeighbours = 10;
constexpr std::size_t kRowsPerCluster = 64;

std::size_t padded(std::size_t count) { return (count + 15) / 16 * 16; }

constexpr std::size_t kCodeBytes[] = {8, 12, 16, 24, 32, 48};
constexpr std::size_t kDirectionsOfBytes[] = {64, 128, 192};  // as many as tiles take at once

// Returns the codes worth trying: 8 to 48 bytes, with at most two bits per dimension, or four if distances come from
// codes alone; and, where they may pay, 8 bits per direction. Directions fill whole lines of codes.
std::vector<CodeShape> candidates(std::size_t most, std::size_t dims, const IvfOptions& options) {
  const std::size_t largest = std::max<std::size_t>(16, dims / (options.refine ? 4 : 2));
  const bool tries_bytes = options.refine && options.code_bytes == 0 && costs_of(*options.tuning.family).tries_bytes;
  std::vector<CodeShape> shapes;
  for (const std::size_t bits : {1u, 2u, 4u, 8u}) {
    if (options.code_bits != 0 ? options.code_bits != bits : bits == 8 && !tries_bytes) continue;
    const std::size_t unit = 32 / bits;
    const auto whole = [&](std::size_t directions) { return (directions + unit - 1) / unit * unit; };
    for (const std::size_t bytes : bits == 8 ? std::span<const std::size_t>(kDirectionsOfBytes) : kCodeBytes) {
      if (options.code_bytes == 0 && bits != 8 && bytes > largest) continue;
      const std::size_t wanted = options.code_bytes > 0 ? options.code_bytes : bytes;
      const CodeShape shape{whole(std::min(std::max<std::size_t>(1, wanted * 8 / bits), most)), bits};
      if (std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) shapes.push_back(shape);
    }
  }
  return shapes;
}

// Uses some rows of the sample as queries against all of it, to measure how far down the list of estimates their
// neighbours are.
class CodeShapeEvaluator {
 public:
  CodeShapeEvaluator(const transform::Sample& sample, const quantize::PrincipalDirections& principal,
                     std::size_t threads)
      : rows_(std::min(sample.rows, kEvaluatedRows)),
        queries_(std::min(kEvaluatedQueries, rows_)),
        dims_(sample.dims),
        width_(padded(principal.available)),
        available_(principal.available) {
    std::vector<float> centred(rows_ * dims_);
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t j = 0; j < dims_; ++j)
        centred[i * dims_ + j] = sample.row(i * sample.rows / rows_)[j] - principal.centre[j];
    projections_ = quantize::project_onto(principal, centred, rows_, width_);
    for (std::size_t i = 0; i < rows_; ++i) squares_.push_back(squared_norm(centred.data() + i * dims_, dims_));
    find_neighbours(centred, threads);
    cluster();
  }

  // Returns how many threads fit in memory. Each holds the rows along its directions, and their decoded codes.
  std::size_t most_threads() const {
    constexpr std::size_t kWorkBytes = std::size_t{32} << 20;
    return std::max<std::size_t>(2, kWorkBytes / (rows_ * (2 * width_ + padded(queries_)) * sizeof(float)));
  }

  // Rows and centroids along a number of directions, mixed: the same for codes of any number of bits.
  struct Mixed {
    std::size_t outputs;
    std::vector<float> projections, centres;
  };
  Mixed mix(std::size_t directions) const {
    const std::size_t m = std::min(directions, available_);
    const std::size_t outputs = padded(directions);
    return {outputs, mixed(projections_, rows_, m, outputs), mixed(centres_, centres_.size() / width_, m, outputs)};
  }

  // Returns the rerank depth at which a fraction 1 - `missed` of the neighbours is found.
  double depth(const CodeShape& shape, const Mixed& along, double missed) const {
    const std::vector<float> estimates = estimate(shape, along.projections, along.centres, along.outputs);
    std::vector<double> depths;
    for (std::size_t q = 0; q < queries_; ++q)
      for (const std::uint32_t neighbour : neighbours_[q]) {
        const float own = estimates[neighbour * padded(queries_) + q];
        std::size_t nearer = 0;
        for (std::size_t i = 0; i < rows_; ++i) nearer += estimates[i * padded(queries_) + q] < own ? 1u : 0u;
        depths.push_back(static_cast<double>(nearer));
      }
    if (depths.empty()) return 1;
    const auto place =
        depths.begin() + static_cast<std::ptrdiff_t>((1 - missed) * static_cast<double>(depths.size() - 1));
    std::nth_element(depths.begin(), place, depths.end());
    return *place + 1;
  }

 private:
  std::size_t query_row(std::size_t query) const { return (2 * query + 1) * rows_ / (2 * queries_); }

  // Finds the true neighbours. Rows equal to the query say nothing about others and are skipped.
  void find_neighbours(const std::vector<float>& centred, std::size_t threads) {
    constexpr double kSameRow = 1e-6;
    std::vector<float> queries;
    for (std::size_t q = 0; q < queries_; ++q) {
      const auto query = centred.begin() + static_cast<std::ptrdiff_t>(query_row(q) * dims_);
      queries.insert(queries.end(), query, query + static_cast<std::ptrdiff_t>(dims_));
    }
    neighbours_ = sample_neighbours({centred, queries, dims_}, kNeighbours, kSameRow, threads);
  }

  // Makes a few clusters, which replace the lists here: residuals are what is encoded.
  void cluster() {
    float most = 0;
    for (const float value : projections_) most = std::max(most, std::abs(value));
    const float step = std::max(most, 1e-30f) / 127;
    std::vector<std::int8_t> points(projections_.size());
    for (std::size_t i = 0; i < projections_.size(); ++i)
      points[i] = static_cast<std::int8_t>(std::lrint(projections_[i] / step));
    quantize::KMeansOptions options;
    options.clusters = std::max<std::size_t>(1, rows_ / kRowsPerCluster);
    options.rounds = 4;
    const std::vector<std::int8_t> centroids = quantize::kmeans(points, width_, options);
    for (const std::int8_t value : centroids) centres_.push_back(step * static_cast<float>(value));
    nearest_.resize(rows_);
    quantize::ByteCentroids(centroids, width_).nearest(points.data(), rows_, {}, nearest_.data(), 1);
  }

  std::vector<float> mixed(const std::vector<float>& projections, std::size_t count, std::size_t m,
                           std::size_t outputs) const {
    std::vector<double> identity(m * m, 0.0);
    for (std::size_t a = 0; a < m; ++a) identity[a * m + a] = 1;
    const std::vector<float> mixer = transform::mixed_directions(identity, m, m, m, outputs);
    std::vector<float> leading(count * m);
    for (std::size_t i = 0; i < count; ++i) std::copy_n(projections.data() + i * width_, m, leading.data() + i * m);
    std::vector<float> result(count * outputs);
    kernels::table().project(leading.data(), count, m, mixer.data(), outputs, result.data());
    return result;
  }

  // Returns rows x padded(queries) estimates, up to a term common to all rows of a query.
  std::vector<float> estimate(const CodeShape& shape, const std::vector<float>& projections,
                              const std::vector<float>& centres, std::size_t outputs) const {
    const quantize::PcaCodes codes(shape);
    const std::size_t columns = padded(queries_);
    std::vector<float> values(rows_ * outputs, 0.0f);
    std::vector<float> offsets(rows_);
    std::vector<std::uint8_t> packed(shape.bytes());
    for (std::size_t i = 0; i < rows_; ++i) {
      const float* const projection = projections.data() + i * outputs;
      const double residual_square = squares_[i] - squared_norm(projection, outputs);
      const quantize::RowTerms terms = codes.encode(projection, centres.data() + nearest_[i] * outputs,
                                                    static_cast<float>(std::max(0.0, residual_square)), packed.data());
      codes.approximate(packed.data(), terms, values.data() + i * outputs);
      offsets[i] = terms.offset;
    }
    std::vector<float> flipped(outputs * columns, 0.0f);
    for (std::size_t q = 0; q < queries_; ++q)
      for (std::size_t j = 0; j < outputs; ++j) flipped[j * columns + q] = projections[query_row(q) * outputs + j];
    std::vector<float> estimates(rows_ * columns);
    kernels::table().project(values.data(), rows_, outputs, flipped.data(), columns, estimates.data());
    add_centres(centres, projections, outputs, offsets, estimates);
    return estimates;
  }

  void add_centres(const std::vector<float>& centres, const std::vector<float>& projections, std::size_t outputs,
                   const std::vector<float>& offsets, std::vector<float>& estimates) const {
    const std::size_t columns = padded(queries_);
    const std::size_t clusters = centres.size() / outputs;
    std::vector<float> bases(clusters * columns, 0.0f);
    for (std::size_t c = 0; c < clusters; ++c)
      for (std::size_t q = 0; q < queries_; ++q) {
        double square = 0;
        for (std::size_t j = 0; j < outputs; ++j) {
          const double apart = double{projections[query_row(q) * outputs + j]} - double{centres[c * outputs + j]};
          square += apart * apart;
        }
        bases[c * columns + q] = static_cast<float>(square);
      }
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t q = 0; q < queries_; ++q)
        estimates[i * columns + q] = bases[nearest_[i] * columns + q] + offsets[i] - estimates[i * columns + q];
  }

  std::size_t rows_, queries_, dims_, width_, available_;
  std::vector<float> projections_;                      // unmixed, along the directions; rows x width
  std::vector<double> squares_;                         // squared norms of centred rows
  std::vector<std::vector<std::uint32_t>> neighbours_;  // for each query
  std::vector<float> centres_;                          // clusters x width
  std::vector<std::uint32_t> nearest_;                  // nearest centre of each row
};

// Returns the cost of a query that finds the wanted fraction of its neighbours. In the whole table more rows are as
// near as those of a sample and within the error of the estimates: the more rows, the more of them.
double cost(const CodeShape& shape, double depth, std::size_t dims, const CodedTable& table,
            const index::Tuning& tuning) {
  const double rows = static_cast<double>(table.rows);
  const double nearer = std::max(2.0, 0.4 * std::sqrt(rows / static_cast<double>(kFewHeldOutRows)));
  const double scanned = scanned_rows(table.rows, table.recall);
  const double shared = static_cast<double>(kTogetherByBytes) * scanned / std::max(rows, 1.0);
  return weigh(tuning, [&](const PartCosts& parts) {
    return static_cast<double>(shape.directions) * parts.product_of(dims) +
           static_cast<double>(table.lists) * parts.product_of(shape.directions) + scanned * parts.scan(shape, shared) +
           nearer * depth * parts.compare_row(table.row_bytes);
  });
}

}  // namespace

std::size_t max_directions(std::size_t sample_rows, std::size_t dims) {
  return std::min({dims, sample_rows, kMaxDirections});
}

CodeShape choose_shape(const transform::Sample& sample, const quantize::PrincipalDirections& principal,
                       const CodedTable& table, const IvfOptions& options, std::size_t threads) {
  const std::vector<CodeShape> shapes = candidates(principal.available, sample.dims, options);
  if (shapes.size() == 1) return shapes.front();
  constexpr double kMissed = 0.02;  // fraction missed by the codes at the default recall
  const double missed = std::min(0.5, kMissed * misses_of(table.recall));
  const CodeShapeEvaluator evaluator(sample, principal, threads);
  std::vector<double> costs(shapes.size());
  std::vector<std::size_t> directions;  // largest first, because these take longest
  for (const CodeShape& shape : shapes) directions.push_back(shape.directions);
  std::sort(directions.begin(), directions.end(), std::greater<>());
  directions.erase(std::unique(directions.begin(), directions.end()), directions.end());
  parallel_for(directions.size(), 1, std::min(threads, evaluator.most_threads()),
               [&](std::size_t number, std::size_t, std::size_t) {
                 const CodeShapeEvaluator::Mixed along = evaluator.mix(directions[number]);
                 for (std::size_t i = 0; i < shapes.size(); ++i) {
                   if (shapes[i].directions != directions[number]) continue;
                   const double depth = evaluator.depth(shapes[i], along, missed);
                   costs[i] = options.refine ? cost(shapes[i], depth, sample.dims, table, options.tuning) : depth;
                 }
               });
  for (std::size_t i = 0; i < shapes.size(); ++i)
    if (shapes[i].has_bytes()) costs[i] /= kWorthTheBytes;
  return shapes[static_cast<std::size_t>(std::min_element(costs.begin(), costs.end()) - costs.begin())];
}

}  // namespace nearabout::ivf
