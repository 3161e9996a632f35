#include "quantize/float_kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "base/norm.h"
#include "base/random.h"
#include "base/threads.h"
#include "quantize/float_centroids.h"
#include "quantize/grouping.h"

namespace nearabout::quantize {
namespace {

constexpr std::size_t kSeedPointsEach = 16;  // points per cluster among which k-means++ chooses
// The first rounds take so many points per cluster, if there are four times as many. With fewer, the loss of codebooks
// of 48 dimensions was .3 percent larger in the end.
constexpr std::size_t kEarlyPointsEach = 64;
constexpr std::size_t kMoreEachTime = 4;  // times as many points in the next rounds
constexpr std::size_t kEarlyRounds = 6;   // with a part of the points
constexpr double kHardlyBetter = 2.5e-4;  // of the loss
constexpr std::size_t kCentroidsPerTask = 16;

// Returns the squared distance, in independent sums (base/norm.h says why).
float square_between(const float* a, const float* b, std::size_t dims) {
  constexpr std::size_t kSumLanes = 8;
  float sums[kSumLanes] = {};
  std::size_t j = 0;
  for (; j + kSumLanes <= dims; j += kSumLanes)
    for (std::size_t lane = 0; lane < kSumLanes; ++lane) {
      const float difference = a[j + lane] - b[j + lane];
      sums[lane] += difference * difference;
    }
  for (; j < dims; ++j) sums[0] += (a[j] - b[j]) * (a[j] - b[j]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

// Chooses points as the first centroids: each with a probability in proportion to the square of its distance from those
// chosen before it.
std::vector<float> careful_seeds(const FloatPoints& points, std::size_t clusters, std::uint64_t seed) {
  Random random(0x5EED'0F'C0DE + seed);
  std::vector<float> seeds;
  std::vector<float> squares(points.count, std::numeric_limits<float>::max());
  std::size_t chosen = random.next() % points.count;
  for (std::size_t c = 0; c < clusters; ++c) {
    const float* const point = points.values + chosen * points.dims;
    seeds.insert(seeds.end(), point, point + points.dims);
    double total = 0;
    for (std::size_t i = 0; i < points.count; ++i) {
      squares[i] = std::min(squares[i], square_between(points.values + i * points.dims, point, points.dims));
      total += double{squares[i]};
    }
    double left = static_cast<double>(random.next() >> 11) * 0x1p-53 * total;
    for (chosen = 0; chosen + 1 < points.count; ++chosen) {
      left -= double{squares[chosen]};
      if (left < 0) break;
    }
  }
  return seeds;
}

// Computes the mean of every `step`-th of some points.
void mean_of(const FloatPoints& points, std::span<const std::uint32_t> members, std::size_t step, double* sums,
             float* mean) {
  std::fill_n(sums, points.dims, 0.0);
  std::size_t used = 0;
  for (std::size_t i = 0; i < members.size(); i += step, ++used) {
    const float* const point = points.values + members[i] * points.dims;
    for (std::size_t j = 0; j < points.dims; ++j) sums[j] += double{point[j]};
  }
  for (std::size_t j = 0; j < points.dims; ++j) mean[j] = static_cast<float>(sums[j] / static_cast<double>(used));
}

// Gives a cluster without points those of a large one, every other point; the next round separates them.
void refill(const FloatPoints& points, const Grouping& grouping, std::vector<float>& centroids) {
  const std::size_t clusters = grouping.clusters();
  std::vector<std::uint32_t> by_size(clusters);
  std::iota(by_size.begin(), by_size.end(), 0u);
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return grouping.size(a) > grouping.size(b); });
  std::vector<double> sums(points.dims);
  std::size_t donor = 0;
  for (std::size_t c = 0; c < clusters; ++c) {
    if (grouping.size(c) > 0) continue;
    const std::uint32_t large = by_size[donor++];
    if (grouping.size(large) < 2) return;
    mean_of(points, grouping.members(large), 2, sums.data(), centroids.data() + c * points.dims);
  }
}

void move(const FloatPoints& points, const Grouping& grouping, std::size_t threads, std::vector<float>& centroids) {
  parallel_for(grouping.clusters(), kCentroidsPerTask, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<double> sums(points.dims);
    for (std::size_t c = begin; c < end; ++c)
      if (grouping.size(c) > 0)
        mean_of(points, grouping.members(c), 1, sums.data(), centroids.data() + c * points.dims);
  });
  refill(points, grouping, centroids);
}

}  // namespace

std::vector<std::uint32_t> shuffled(std::size_t count, std::uint64_t seed) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  Random random(0x0DE4 + seed);
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.next() % i]);
  return order;
}

void improve_centroids(const FloatPoints& points, std::size_t rounds, std::size_t threads,
                       std::vector<float>& centroids, const Monitor& monitor) {
  const std::size_t clusters = centroids.size() / points.dims;
  const double squares = squared_norm(points.values, points.count * points.dims);
  std::vector<std::uint32_t> ids(points.count);
  std::vector<float> sums(points.count);
  double before = std::numeric_limits<double>::infinity();
  for (std::size_t round = 0; round < rounds; ++round) {
    FloatCentroids(centroids, points.dims).nearest(points.values, points.count, ids.data(), sums.data(), threads);
    move(points, Grouping(ids, clusters), threads, centroids);
    const double loss = squares - 2 * std::accumulate(sums.begin(), sums.end(), 0.0);
    if (!(before - loss > kHardlyBetter * loss)) break;
    before = loss;
    report(monitor, static_cast<double>(round + 1) / static_cast<double>(rounds));
  }
}

std::vector<float> float_kmeans(const FloatPoints& points, const FloatKMeansOptions& options, const Monitor& monitor) {
  const std::size_t tried = std::min(points.count, options.clusters * kSeedPointsEach);
  std::vector<float> centroids = careful_seeds({points.values, tried, points.dims}, options.clusters, options.seed);
  for (std::size_t some = options.clusters * kEarlyPointsEach; some * kMoreEachTime <= points.count;
       some *= kMoreEachTime)
    improve_centroids({points.values, some, points.dims}, kEarlyRounds, options.threads, centroids);
  improve_centroids(points, options.rounds, options.threads, centroids, monitor);
  return centroids;
}

}  // namespace nearabout::quantize
