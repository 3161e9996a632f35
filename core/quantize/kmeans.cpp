#include "quantize/kmeans.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "base/spread_rows.h"
#include "base/threads.h"
#include "quantize/byte_centroids.h"
#include "quantize/grouping.h"
#include "quantize/near_centroids.h"

namespace nearabout::quantize {
namespace {

constexpr std::size_t kSeedRounds = 4;
constexpr std::size_t kDirectly = 32;    // clusters that are seeded directly
constexpr std::size_t kSeedPoints = 64;  // points per cluster used for seeding
constexpr double kHardlyMoved = 0.002;   // fraction of the points

// Rounds that compare points with all centroids. After one of them lists were a hundredth worse, after two as good as
// if all rounds did so.
constexpr std::size_t kFullRounds = 2;
constexpr std::size_t kNear = 64;           // centroids that later rounds compare with; with 32, lists were worse
constexpr std::size_t kManyClusters = 128;  // with fewer, all centroids are compared in every round

using Points = KMeans::Points;

// Adds up kLanes coordinates of every `step`-th point, from coordinate `first` on. Bytes are summed in 16 bits for as
// many points as fit, and the number of lanes is constant, so that compilers keep the sums in vector registers.
template <std::size_t kLanes>
void add_lanes(const Points& points, std::size_t dims, std::span<const std::uint32_t> members, std::size_t step,
               std::size_t first, std::int64_t* sums) {
  constexpr std::size_t kSummedInShorts = 256;
  for (std::size_t begin = 0; begin < members.size(); begin += kSummedInShorts * step) {
    const std::size_t end = std::min(begin + kSummedInShorts * step, members.size());
    std::array<std::int16_t, kLanes> shorts{};
    for (std::size_t i = begin; i < end; i += step) {
      const std::int8_t* const values = points.data() + members[i] * dims + first;
      for (std::size_t lane = 0; lane < kLanes; ++lane)
        shorts[lane] = static_cast<std::int16_t>(shorts[lane] + values[lane]);
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[first + lane] += shorts[lane];
  }
}

// Computes the mean of every `step`-th point, rounded to bytes.
void mean_of(const Points& points, std::size_t dims, std::span<const std::uint32_t> members, std::size_t step,
             std::int8_t* centroid) {
  std::array<std::int64_t, kMaxByteDims> sums{};
  std::size_t first = 0;
  for (; first + 16 <= dims; first += 16) add_lanes<16>(points, dims, members, step, first, sums.data());
  for (; first < dims; first += 4) add_lanes<4>(points, dims, members, step, first, sums.data());
  const std::size_t used = (members.size() + step - 1) / step;
  for (std::size_t j = 0; j < dims; ++j) {
    const double mean = static_cast<double>(sums[j]) / static_cast<double>(used);
    centroid[j] = static_cast<std::int8_t>(std::nearbyint(mean));
  }
}

// Gives a cluster without points half of those of a large one, every other point; the next round separates them.
void refill(const Points& points, std::size_t dims, const Grouping& grouping, Points& centroids) {
  const std::size_t clusters = centroids.size() / dims;
  std::vector<std::uint32_t> by_size(clusters);
  std::iota(by_size.begin(), by_size.end(), 0u);
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return grouping.size(a) > grouping.size(b); });
  std::size_t donor = 0;
  for (std::size_t c = 0; c < clusters; ++c) {
    if (grouping.size(c) > 0) continue;
    const std::uint32_t large = by_size[donor++];
    if (grouping.size(large) < 2) return;
    mean_of(points, dims, grouping.members(large), 2, centroids.data() + c * dims);
  }
}

// Returns a sample of the points (of all points if `members` is null), spread over them.
Points spread(const Points& points, std::size_t dims, const std::uint32_t* members, std::size_t count,
              std::size_t wanted) {
  Points sample(wanted * dims);
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::size_t place = count == 0 ? 0 : spread_row(i, wanted, count);
    const std::size_t point = members ? members[place] : place;
    std::copy_n(points.data() + point * dims, dims, sample.data() + i * dims);
  }
  return sample;
}

// Returns how many of `parts` each group gets: proportional to its points, by cumulative rounding.
std::vector<std::size_t> parts_per_group(const Grouping& grouping, std::size_t groups, std::size_t parts) {
  const std::size_t all = grouping.first(groups);
  std::vector<std::size_t> given(groups);
  for (std::size_t g = 0; g < groups; ++g)
    given[g] = grouping.first(g + 1) * parts / all - grouping.first(g) * parts / all;
  return given;
}

Points seeds_for(const Points& points, std::size_t dims, const KMeansOptions& options) {
  const std::size_t rows = points.size() / dims;
  if (options.clusters <= kDirectly || rows <= options.clusters)
    return spread(points, dims, nullptr, rows, options.clusters);
  KMeansOptions coarse = options;
  coarse.clusters = static_cast<std::size_t>(std::sqrt(static_cast<double>(options.clusters)));
  coarse.balance = 0;
  const Points sample = spread(points, dims, nullptr, rows, std::min(rows, options.clusters * kSeedPoints));
  KMeans groups(sample, dims, coarse, spread(sample, dims, nullptr, sample.size() / dims, coarse.clusters));
  groups.run(kSeedRounds);
  const Grouping grouping(groups.ids(), coarse.clusters);
  const std::vector<std::size_t> given = parts_per_group(grouping, coarse.clusters, options.clusters);
  std::vector<Points> parts(coarse.clusters);
  parallel_for(coarse.clusters, 1, options.threads, [&](std::size_t g, std::size_t, std::size_t) {
    if (given[g] == 0) return;
    const std::uint32_t* const members = grouping.members(g).data();
    const Points group_points = spread(sample, dims, members, grouping.size(g), grouping.size(g));
    KMeans part(group_points, dims, {given[g], kSeedRounds, 0, 1},
                spread(group_points, dims, nullptr, grouping.size(g), given[g]));
    part.run(kSeedRounds);
    parts[g] = part.centroids();
  });
  Points seeds;
  for (const Points& part : parts) seeds.insert(seeds.end(), part.begin(), part.end());
  return seeds;
}

}  // namespace

KMeans::KMeans(const Points& points, std::size_t dims, const KMeansOptions& options)
    : KMeans(points, dims, options, seeds_for(points, dims, options)) {}

KMeans::KMeans(const Points& points, std::size_t dims, const KMeansOptions& options, Points seeds)
    : points_(points),
      dims_(dims),
      options_(options),
      centroids_(std::move(seeds)),
      ids_(points.size() / dims, 0xFFFF'FFFFu),
      grouping_({}, options.clusters) {}

void KMeans::run(std::size_t rounds) {
  for (std::size_t round = 0; round < rounds && !settled_; ++round, ++rounds_) {
    const std::vector<std::uint32_t> before = ids_;
    assign();
    move();
    if (options_.balance > 0) penalties_ = penalties();
    std::size_t moved = 0;
    for (std::size_t i = 0; i < ids_.size(); ++i) moved += ids_[i] != before[i] ? 1u : 0u;
    settled_ = static_cast<double>(moved) <= kHardlyMoved * static_cast<double>(ids_.size());
  }
}

void KMeans::assign() {
  if (rounds_ < kFullRounds || options_.clusters < kManyClusters)
    ByteCentroids(centroids_, dims_).nearest(points_.data(), ids_.size(), penalties_, ids_.data(), options_.threads);
  else
    nearest_of_near(points_, grouping_, centroids_, dims_, penalties_, kNear, ids_.data(), options_.threads);
  grouping_ = Grouping(ids_, options_.clusters);
}

void KMeans::move() {
  constexpr std::size_t kClustersPerTask = 8;
  parallel_for(options_.clusters, kClustersPerTask, options_.threads,
               [&](std::size_t begin, std::size_t end, std::size_t) {
                 for (std::size_t c = begin; c < end; ++c)
                   if (grouping_.size(c) > 0)
                     mean_of(points_, dims_, grouping_.members(c), 1, centroids_.data() + c * dims_);
               });
  refill(points_, dims_, grouping_, centroids_);
}

std::vector<float> KMeans::penalties() const {
  std::int64_t squares = 0;
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    const std::int8_t* const point = points_.data() + i * dims_;
    const std::int8_t* const centroid = centroids_.data() + ids_[i] * dims_;
    for (std::size_t j = 0; j < dims_; ++j) squares += (point[j] - centroid[j]) * (point[j] - centroid[j]);
  }
  const double mean_square = static_cast<double>(squares) / static_cast<double>(ids_.size());
  const std::size_t clusters = options_.clusters;
  const double mean_size = static_cast<double>(ids_.size()) / static_cast<double>(clusters);
  std::vector<float> penalties(clusters);
  for (std::size_t c = 0; c < clusters; ++c) {
    const double excess = static_cast<double>(grouping_.size(c)) / mean_size - 1;
    penalties[c] = static_cast<float>(std::nearbyint(options_.balance * mean_square * excess));
  }
  return penalties;
}

std::vector<std::int8_t> kmeans(const std::vector<std::int8_t>& points, std::size_t dims,
                                const KMeansOptions& options) {
  KMeans clustering(points, dims, options);
  clustering.run(options.rounds);
  return clustering.centroids();
}

}  // namespace nearabout::quantize
