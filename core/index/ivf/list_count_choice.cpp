#include "index/ivf/list_count_choice.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/threads.h"
#include "index/ivf/costs.h"
#include "index/ivf/sample_neighbours.h"
#include "kernels/kernels.h"
#include "quantize/byte_centroids.h"

namespace nearabout::ivf {
namespace {

constexpr std::size_t kMinNeighbours = 2;
constexpr double kNoneSkipped = -1;

}  // namespace

ListCountEvaluator::ListCountEvaluator(const LearntLists& learnt, const std::vector<float>& projections,
                                       const calibration::CalibrationQueries& calibration_queries, std::size_t rows,
                                       double recall, const index::Tuning& tuning, std::size_t threads)
    : learnt_(learnt), tuning_(tuning), threads_(threads), recall_(std::clamp(recall, 0.5, 0.995)) {
  const quantize::LearntDirections& directions = learnt.directions;
  const std::size_t outputs = directions.outputs;
  std::vector<float> transformed(calibration_queries.count() * directions.dims);
  learnt.transform.queries(calibration_queries.vectors.data(), calibration_queries.count(), transformed.data());
  for (std::size_t i = 0; i < transformed.size(); ++i) transformed[i] -= directions.centre[i % directions.dims];
  std::vector<float> queries(calibration_queries.count() * outputs);
  kernels::table().project(transformed.data(), calibration_queries.count(), directions.dims, directions.matrix.data(),
                           outputs, queries.data());
  points_ = learnt.points_of(projections);
  queries_ = learnt.points_of(queries);
  fraction_ = static_cast<double>(projections.size() / outputs) / static_cast<double>(rows);
  // Among fewer rows, take as many neighbours as are as near as those that searches are for.
  const auto wanted = static_cast<std::size_t>(std::lround(fraction_ * 10));
  neighbours_ =
      sample_neighbours({projections, queries, outputs}, std::max(kMinNeighbours, wanted), kNoneSkipped, threads_);
}

ListCountEvaluator::Ranking ListCountEvaluator::rank(std::size_t query, const std::vector<std::int8_t>& centroids,
                                                     const std::vector<std::uint32_t>& lists,
                                                     const std::vector<double>& sizes) const {
  const std::size_t m = learnt_.shape.directions;
  const std::int8_t* const point = queries_.data() + query * m;
  std::vector<std::pair<std::int32_t, std::uint32_t>> order(sizes.size());
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    std::int32_t square = 0;
    for (std::size_t j = 0; j < m; ++j) {
      const std::int32_t apart = point[j] - centroids[c * m + j];
      square += apart * apart;
    }
    order[c] = {square, static_cast<std::uint32_t>(c)};
  }
  std::sort(order.begin(), order.end());
  Ranking ranking;
  std::vector<std::size_t> places(sizes.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    places[order[place].second] = place;
    ranking.rows.push_back(sizes[order[place].second]);
  }
  std::partial_sum(ranking.rows.begin(), ranking.rows.end(), ranking.rows.begin());
  for (const std::uint32_t neighbour : neighbours_[query]) ranking.places.push_back(places[lists[neighbour]]);
  return ranking;
}

double ListCountEvaluator::cost(const std::vector<std::int8_t>& centroids) const {
  const std::size_t m = learnt_.shape.directions;
  const std::size_t rows = points_.size() / m;
  std::vector<std::uint32_t> lists(rows);
  quantize::ByteCentroids(centroids, m).nearest(points_.data(), rows, {}, lists.data(), threads_);
  std::vector<double> sizes(centroids.size() / m, 0);
  for (const std::uint32_t list : lists) sizes[list] += 1 / fraction_;

  std::vector<Ranking> rankings(neighbours_.size());
  parallel_for(rankings.size(), 1, threads_, [&](std::size_t query, std::size_t, std::size_t) {
    rankings[query] = rank(query, centroids, lists, sizes);
  });
  std::vector<std::size_t> places;
  for (const Ranking& ranking : rankings) places.insert(places.end(), ranking.places.begin(), ranking.places.end());
  const auto least = places.begin() + static_cast<std::ptrdiff_t>(recall_ * static_cast<double>(places.size() - 1));
  std::nth_element(places.begin(), least, places.end());
  const std::size_t probes = *least + 1;
  double scanned = 0;
  for (const Ranking& ranking : rankings) scanned += ranking.rows[probes - 1] / static_cast<double>(rankings.size());
  const double shared = static_cast<double>(kTogetherByBytes * probes) / static_cast<double>(sizes.size());
  return weigh(tuning_, [&](const PartCosts& parts) {
    return parts.ranking(sizes.size(), probes, m) + static_cast<double>(probes) * parts.list +
           scanned * parts.scan(learnt_.shape, shared);
  });
}

}  // namespace nearabout::ivf
