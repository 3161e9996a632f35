#include "index/ivf/clustering.h"

#include <algorithm>
#include <cmath>

#include "base/spread_rows.h"
#include "base/threads.h"
#include "index/ivf/list_count_choice.h"
#include "quantize/byte_centroids.h"

namespace nearabout::ivf {
namespace {

constexpr std::size_t kListRows = 64;     // sampled rows per list
constexpr std::size_t kMinListRows = 16;  // same, if that would be very many rows
constexpr std::size_t kMinRows = 2'048;   // sampled rows
constexpr std::size_t kManyRows = 262'144;
constexpr std::size_t kRowsSeen = 32'768;  // rows whose projections are held
constexpr double kBalance = 0.05;          // saves some 3 % of the rows scanned; 0.15 and more cost some
constexpr std::size_t kSeenAtLeast = 4;    // least fraction of rows, as one in so many, for comparing numbers of lists
constexpr double kClearly = 0.9;
constexpr std::size_t kClusteringRounds = 8;  // of k-means, at most
constexpr std::size_t kComparedRounds = 2;    // rounds after which numbers of lists are compared

}  // namespace

std::size_t clustered_rows(std::size_t rows, std::size_t lists) {
  const std::size_t most = std::max(lists * kMinListRows, kManyRows);
  return std::min({rows, std::max(lists * kListRows, kMinRows), most});
}

std::size_t projected_rows(std::size_t clustered) { return std::min(clustered, kRowsSeen); }

Clustering::Clustering(LearntLists& learnt, const transform::RowReader& read,
                       const calibration::CalibrationQueries& calibration_queries, std::size_t rows, std::size_t lists,
                       std::size_t threads)
    : learnt_(learnt),
      calibration_queries_(calibration_queries),
      rows_(rows),
      threads_(threads),
      sample_(calibration::rows_to_learn_from(rows, clustered_rows(rows, lists))) {
  const std::size_t step = (sample_.size() + kRowsSeen - 1) / kRowsSeen;
  seen_ = projections(read, 0, sample_.size(), step);
  learnt.point_step = quantize::byte_step_for(seen_);
  points_.reserve(sample_.size() * learnt.shape.directions);
  if (step == 1) points_ = learnt.points_of(seen_);
  for (std::size_t begin = 0; step > 1 && begin < sample_.size(); begin += kRowsSeen) {
    const std::size_t end = std::min(begin + kRowsSeen, sample_.size());
    const std::vector<std::int8_t> points = learnt.points_of(projections(read, begin, end, 1));
    points_.insert(points_.end(), points.begin(), points.end());
  }
}

// Projects every `step`th of rows [begin, end) of the sample.
std::vector<float> Clustering::projections(const transform::RowReader& read, std::size_t begin, std::size_t end,
                                           std::size_t step) const {
  constexpr std::size_t kRowsPerTask = 64;
  const quantize::LearntDirections& directions = learnt_.directions;
  const std::size_t count = (end - begin + step - 1) / step;
  std::vector<float> found(count * directions.outputs);
  parallel_for(count, kRowsPerTask, threads_, [&](std::size_t first, std::size_t last, std::size_t) {
    std::vector<float> transformed((last - first) * directions.dims);
    std::vector<float> rests(last - first);
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t row = sample_[begin + i * step];
      read(row, row + 1, transformed.data() + (i - first) * directions.dims);
    }
    directions.project(transformed.data(), last - first, found.data() + first * directions.outputs, rests.data());
  });
  return found;
}

quantize::KMeans Clustering::clusters(std::size_t lists) const {
  quantize::KMeansOptions options;
  options.clusters = lists;
  options.threads = threads_;
  options.balance = kBalance;
  return {points_, learnt_.shape.directions, options};
}

std::vector<std::int8_t> Clustering::centroids(std::size_t lists) const {
  quantize::KMeans found = clusters(lists);
  found.run(kClusteringRounds);
  return found.centroids();
}

double Clustering::alignment(const std::vector<std::int8_t>& centroids) const {
  constexpr std::size_t kPairs = 1'024;
  const std::size_t m = learnt_.shape.directions;
  const std::size_t count = points_.size() / m;
  const std::size_t sampled = std::min(count, kPairs);
  std::vector<std::int8_t> points;
  for (std::size_t i = 0; i < sampled; ++i) {
    const auto from = points_.begin() + static_cast<std::ptrdiff_t>(spread_row(i, sampled, count) * m);
    points.insert(points.end(), from, from + static_cast<std::ptrdiff_t>(m));
  }
  std::vector<std::uint32_t> ids(sampled);
  quantize::ByteCentroids(centroids, m).nearest(points.data(), sampled, {}, ids.data(), threads_);
  double sum = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < sampled; ++i) {
    const std::int8_t* const own = centroids.data() + ids[i] * m;
    const std::int8_t* const other = centroids.data() + ids[(i + 1) % sampled] * m;
    double product = 0, residual = 0, way = 0;
    for (std::size_t j = 0; j < m; ++j) {
      const double r = points[i * m + j] - own[j];
      const double u = other[j] - own[j];
      product += r * u;
      residual += r * r;
      way += u * u;
    }
    if (residual == 0 || way == 0) continue;
    sum += product * product / (residual * way);
    ++pairs;
  }
  return pairs > 0 ? sum / pairs : 1 / static_cast<double>(m);
}

// Compares three numbers of lists after a few rounds, and goes on with the best one. On real data their costs are
// within a tenth of each other. If they are nearly equal, the usual number is better than half of it, because an effort
// of few lists is coarse.
std::vector<std::int8_t> Clustering::measured_centroids(std::size_t usual, double recall,
                                                        const index::Tuning& tuning) const {
  // Among few of many rows no neighbour is as near as those that searches are for, and the measurement says little.
  if (seen_.size() / learnt_.directions.outputs * kSeenAtLeast < rows_) return centroids(usual);
  const ListCountEvaluator evaluator(learnt_, seen_, calibration_queries_, rows_, recall, tuning, threads_);
  const auto start = [&](std::size_t lists) {
    quantize::KMeans candidate = clusters(lists);
    candidate.run(kComparedRounds);
    return candidate;
  };
  const auto finish = [](quantize::KMeans& chosen) {
    chosen.run(kClusteringRounds - kComparedRounds);
    return chosen.centroids();
  };
  quantize::KMeans best = start(usual);
  const double cost = evaluator.cost(best.centroids());
  quantize::KMeans fewer = start(usual / 2);
  const double cost_of_fewer = evaluator.cost(fewer.centroids());
  if (cost_of_fewer < kClearly * cost) return finish(fewer);
  if (kClearly * cost_of_fewer < cost) return finish(best);  // more are worth trying only if fewer are worse
  quantize::KMeans more = start(usual * 2);
  return finish(evaluator.cost(more.centroids()) < kClearly * cost ? more : best);
}

}  // namespace nearabout::ivf
