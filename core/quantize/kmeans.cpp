#include "quantize/kmeans.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/spread_rows.h"
#include "base/threads.h"
#include "quantize/byte_centroids.h"

namespace nearabout::quantize {
namespace {

constexpr std::size_t kSeedRounds = 4;
constexpr std::size_t kDirectly = 32;    // clusters that are seeded directly
constexpr std::size_t kSeedPoints = 64;  // points per cluster used for seeding
constexpr double kHardlyMoved = 0.002;   // fraction of the points

using Points = std::vector<std::int8_t>;

// Points by cluster: those of cluster c are order[firsts[c] .. firsts[c + 1]).
struct Grouping {
  std::vector<std::uint32_t> order;
  std::vector<std::size_t> firsts;
  std::size_t size(std::size_t cluster) const { return firsts[cluster + 1] - firsts[cluster]; }
};

Grouping group(const std::vector<std::uint32_t>& ids, std::size_t clusters) {
  Grouping grouping{std::vector<std::uint32_t>(ids.size()), std::vector<std::size_t>(clusters + 1, 0)};
  for (const std::uint32_t id : ids) ++grouping.firsts[id + 1];
  std::partial_sum(grouping.firsts.begin(), grouping.firsts.end(), grouping.firsts.begin());
  std::vector<std::size_t> next(grouping.firsts.begin(), grouping.firsts.end() - 1);
  for (std::size_t i = 0; i < ids.size(); ++i) grouping.order[next[ids[i]]++] = static_cast<std::uint32_t>(i);
  return grouping;
}

// Computes the mean of every `step`-th point, rounded to bytes.
void mean_of(const Points& points, std::size_t dims, const std::uint32_t* members, std::size_t count, std::size_t step,
             std::int8_t* centroid) {
  std::vector<std::int64_t> sums(dims, 0);
  std::size_t used = 0;
  for (std::size_t i = 0; i < count; i += step, ++used) {
    const std::int8_t* const point = points.data() + members[i] * dims;
    for (std::size_t j = 0; j < dims; ++j) sums[j] += point[j];
  }
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
    mean_of(points, dims, grouping.order.data() + grouping.firsts[large], grouping.size(large), 2,
            centroids.data() + c * dims);
  }
}

class Lloyd {
 public:
  Lloyd(const Points& points, std::size_t dims, const KMeansOptions& options)
      : points_(points), dims_(dims), options_(options), ids_(points.size() / dims, 0xFFFF'FFFFu) {}

  void run(Points& centroids, std::size_t rounds) {
    std::vector<float> penalties;
    for (std::size_t round = 0; round < rounds; ++round) {
      const std::vector<std::uint32_t> before = ids_;
      ByteCentroids(centroids, dims_).nearest(points_.data(), ids_.size(), penalties, ids_.data(), options_.threads);
      const std::size_t clusters = centroids.size() / dims_;
      const Grouping grouping = group(ids_, clusters);
      move(grouping, centroids);
      refill(points_, dims_, grouping, centroids);
      if (options_.balance > 0) penalties = penalties_of(grouping, centroids);
      std::size_t moved = 0;
      for (std::size_t i = 0; i < ids_.size(); ++i) moved += ids_[i] != before[i] ? 1u : 0u;
      if (static_cast<double>(moved) <= kHardlyMoved * static_cast<double>(ids_.size())) return;
    }
  }

  const std::vector<std::uint32_t>& ids() const { return ids_; }

 private:
  void move(const Grouping& grouping, Points& centroids) const {
    parallel_for(centroids.size() / dims_, 8, options_.threads, [&](std::size_t begin, std::size_t end, std::size_t) {
      for (std::size_t c = begin; c < end; ++c)
        if (grouping.size(c) > 0)
          mean_of(points_, dims_, grouping.order.data() + grouping.firsts[c], grouping.size(c), 1,
                  centroids.data() + c * dims_);
    });
  }

  std::vector<float> penalties_of(const Grouping& grouping, const Points& centroids) const {
    std::int64_t squares = 0;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const std::int8_t* const point = points_.data() + i * dims_;
      const std::int8_t* const centroid = centroids.data() + ids_[i] * dims_;
      for (std::size_t j = 0; j < dims_; ++j) squares += (point[j] - centroid[j]) * (point[j] - centroid[j]);
    }
    const double mean_square = static_cast<double>(squares) / static_cast<double>(ids_.size());
    const std::size_t clusters = grouping.firsts.size() - 1;
    const double mean_size = static_cast<double>(ids_.size()) / static_cast<double>(clusters);
    std::vector<float> penalties(clusters);
    for (std::size_t c = 0; c < clusters; ++c) {
      const double excess = static_cast<double>(grouping.size(c)) / mean_size - 1;
      penalties[c] = static_cast<float>(std::nearbyint(options_.balance * mean_square * excess));
    }
    return penalties;
  }

  const Points& points_;
  std::size_t dims_;
  KMeansOptions options_;
  std::vector<std::uint32_t> ids_;
};

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
  const std::size_t all = grouping.order.size();
  std::vector<std::size_t> given(groups);
  for (std::size_t g = 0; g < groups; ++g)
    given[g] = grouping.firsts[g + 1] * parts / all - grouping.firsts[g] * parts / all;
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
  Points groups = spread(sample, dims, nullptr, sample.size() / dims, coarse.clusters);
  Lloyd lloyd(sample, dims, coarse);
  lloyd.run(groups, kSeedRounds);
  const Grouping grouping = group(lloyd.ids(), coarse.clusters);
  const std::vector<std::size_t> given = parts_per_group(grouping, coarse.clusters, options.clusters);
  std::vector<Points> parts(coarse.clusters);
  parallel_for(coarse.clusters, 1, options.threads, [&](std::size_t g, std::size_t, std::size_t) {
    if (given[g] == 0) return;
    const std::uint32_t* const members = grouping.order.data() + grouping.firsts[g];
    const Points group_points = spread(sample, dims, members, grouping.size(g), grouping.size(g));
    parts[g] = spread(group_points, dims, nullptr, grouping.size(g), given[g]);
    Lloyd(group_points, dims, {given[g], kSeedRounds, 0, 1}).run(parts[g], kSeedRounds);
  });
  Points seeds;
  for (const Points& part : parts) seeds.insert(seeds.end(), part.begin(), part.end());
  return seeds;
}

}  // namespace

std::vector<std::int8_t> kmeans(const std::vector<std::int8_t>& points, std::size_t dims,
                                const KMeansOptions& options) {
  Points centroids = seeds_for(points, dims, options);
  Lloyd(points, dims, options).run(centroids, options.rounds);
  return centroids;
}

}  // namespace nearabout::quantize
