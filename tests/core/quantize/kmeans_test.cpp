// Compares clusters with known properties of the points: blobs, identical points, fewer points than clusters, and the
// best of many plain runs.
#include "quantize/kmeans.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "check.h"

using namespace nearabout;
using namespace nearabout::quantize;

namespace {

using Points = std::vector<std::int8_t>;
using Generator = std::mt19937;

double square_between(const std::int8_t* a, const std::int8_t* b, std::size_t dims) {
  double sum = 0;
  for (std::size_t j = 0; j < dims; ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

// The nearest centroid of each point, by comparison with each, and the sum of the squares.
struct Assignment {
  std::vector<std::size_t> sizes;
  double cost = 0;
};

Assignment assign(const Points& points, std::size_t dims, const Points& centroids) {
  Assignment assignment{std::vector<std::size_t>(centroids.size() / dims, 0)};
  for (std::size_t i = 0; i < points.size() / dims; ++i) {
    double least = 1e300;
    std::size_t nearest = 0;
    for (std::size_t c = 0; c < assignment.sizes.size(); ++c) {
      const double square = square_between(points.data() + i * dims, centroids.data() + c * dims, dims);
      if (square >= least) continue;
      least = square;
      nearest = c;
    }
    ++assignment.sizes[nearest];
    assignment.cost += least;
  }
  return assignment;
}

std::size_t empty_of(const Assignment& assignment) {
  return static_cast<std::size_t>(std::count(assignment.sizes.begin(), assignment.sizes.end(), 0u));
}

Points bell_points(Generator& random, std::size_t count, std::size_t dims, double deviation) {
  std::normal_distribution<double> bell(0, deviation);
  Points points(count * dims);
  for (std::int8_t& value : points) value = static_cast<std::int8_t>(std::clamp(std::lrint(bell(random)), -127l, 127l));
  return points;
}

// Returns about `each` points around each of some centres, one blob after another.
Points blobs(Generator& random, const Points& centres, std::size_t dims, std::size_t each) {
  Points points;
  for (std::size_t c = 0; c < centres.size() / dims; ++c)
    for (std::size_t i = 0; i < each; ++i)
      for (std::size_t j = 0; j < dims; ++j)
        points.push_back(static_cast<std::int8_t>(centres[c * dims + j] + static_cast<int>(random() % 5) - 2));
  return points;
}

// Returns corners of a cube, far apart from each other.
Points corners(std::size_t count, std::size_t dims) {
  Points centres(count * dims);
  for (std::size_t c = 0; c < count; ++c)
    for (std::size_t j = 0; j < dims; ++j) centres[c * dims + j] = (c >> j % 8 & 1) != 0 ? 90 : -90;
  return centres;
}

KMeansOptions options_for(std::size_t clusters, std::size_t threads = 1, double balance = 0) {
  return {clusters, 8, balance, threads};
}

TEST(blobs_are_found) {
  Generator random(1);
  constexpr std::size_t kDims = 16;
  for (const std::size_t count : {2u, 7u, 32u}) {
    const Points centres = corners(count, kDims);
    const Points found = kmeans(blobs(random, centres, kDims, 30), kDims, options_for(count));
    for (std::size_t c = 0; c < count; ++c) {
      double least = 1e300;
      for (std::size_t f = 0; f < count; ++f)
        least = std::min(least, square_between(found.data() + f * kDims, centres.data() + c * kDims, kDims));
      CHECK(least <= kDims);  // a mean is close to its blob's centre
    }
  }
}

// Hierarchical seeding: with several times as many clusters as blobs, no cluster is between two blobs.
TEST(no_cluster_lies_between_blobs) {
  Generator random(2);
  constexpr std::size_t kDims = 8;
  const Points points = blobs(random, corners(12, kDims), kDims, 400);
  const Points found = kmeans(points, kDims, options_for(60));
  CHECK(assign(points, kDims, found).cost < 4.0 * kDims * static_cast<double>(points.size() / kDims));
}

TEST(threads_change_nothing) {
  Generator random(3);
  for (const std::size_t clusters : {10u, 33u, 150u}) {
    const Points points = bell_points(random, 4'000, 12, 30);
    for (const double balance : {0.0, 0.3}) {
      const Points one = kmeans(points, 12, options_for(clusters, 1, balance));
      CHECK_EQUAL(one.size(), clusters * 12);
      CHECK_EQUAL(one, kmeans(points, 12, options_for(clusters, 2, balance)));
      CHECK_EQUAL(one, kmeans(points, 12, options_for(clusters, 3, balance)));
    }
  }
}

TEST(more_clusters_than_points) {
  Generator random(4);
  for (const std::size_t rows : {1u, 5u, 40u})
    for (const std::size_t clusters : {rows, rows + 1, 4 * rows, std::size_t{100}}) {
      const Points points = bell_points(random, rows, 8, 40);
      const Points found = kmeans(points, 8, options_for(clusters, 2));
      CHECK_EQUAL(found.size(), clusters * 8);
      if (clusters >= rows) CHECK_EQUAL(assign(points, 8, found).cost, 0);  // each point is a centroid
    }
}

TEST(equal_points_are_one_centroid) {
  for (const std::size_t clusters : {1u, 5u, 40u, 90u}) {
    Points points;
    for (std::size_t i = 0; i < 700; ++i) points.insert(points.end(), {-127, 3, 0, 127});
    const Points found = kmeans(points, 4, options_for(clusters));
    CHECK_EQUAL(found.size(), clusters * 4);
    for (std::size_t place = 0; place < found.size(); ++place) CHECK_EQUAL(found[place], points[place % 4]);
  }
}

TEST(one_cluster_is_the_mean) {
  Generator random(5);
  for (const std::size_t rows : {1u, 2u, 99u, 3'000u}) {
    const Points points = bell_points(random, rows, 12, 50);
    const Points found = kmeans(points, 12, options_for(1));
    for (std::size_t j = 0; j < 12; ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < rows; ++i) sum += points[i * 12 + j];
      CHECK(std::abs(found[j] - sum / static_cast<double>(rows)) <= 0.5);
    }
  }
}

// Every seed except one is at the same point, so that all other clusters start without points.
TEST(empty_clusters_are_refilled) {
  Generator random(6);
  constexpr std::size_t kClusters = 16, kRows = 1'600, kDims = 8;
  Points points = bell_points(random, kRows, kDims, 40);
  for (std::size_t seed = 0; seed + 1 < kClusters; ++seed) {
    const std::size_t place = (2 * seed + 1) * kRows / (2 * kClusters);
    std::fill_n(points.begin() + static_cast<std::ptrdiff_t>(place * kDims), kDims, std::int8_t{0});
  }
  const Assignment found = assign(points, kDims, kmeans(points, kDims, options_for(kClusters)));
  if (empty_of(found) > 0) std::printf("%zu of %zu clusters are empty\n", empty_of(found), kClusters);
  CHECK_EQUAL(empty_of(found), 0);
}

double evenness(const Assignment& assignment) {
  double squares = 0, sum = 0;
  for (const std::size_t size : assignment.sizes) {
    squares += static_cast<double>(size) * static_cast<double>(size);
    sum += static_cast<double>(size);
  }
  return squares * static_cast<double>(assignment.sizes.size()) / (sum * sum);  // 1 if all are equal
}

// A dense middle and a sparse rim. The cost of a search is the length of lists, weighted by how often each is probed.
TEST(balance_makes_sizes_more_equal) {
  Generator random(7);
  Points points = bell_points(random, 2'500, 8, 8);
  const Points rim = bell_points(random, 1'500, 8, 60);
  points.insert(points.end(), rim.begin(), rim.end());
  const double plain = evenness(assign(points, 8, kmeans(points, 8, options_for(24))));
  const double balanced = evenness(assign(points, 8, kmeans(points, 8, options_for(24, 1, 0.3))));
  if (!(balanced < 0.9 * plain)) std::printf("evenness %g, balanced %g\n", plain, balanced);
  CHECK(balanced < 0.9 * plain);
}

// Runs Lloyd's algorithm in double from random points until nothing improves.
double plain_run(const Points& points, std::size_t dims, std::size_t clusters, Generator& random) {
  const std::size_t rows = points.size() / dims;
  std::vector<double> centroids;
  for (std::size_t c = 0; c < clusters; ++c) {
    const std::size_t seed = random() % rows;
    for (std::size_t j = 0; j < dims; ++j) centroids.push_back(points[seed * dims + j]);
  }
  double before = 1e300;
  for (int round = 0; round < 50; ++round) {
    std::vector<double> sums(clusters * dims, 0), counts(clusters, 0);
    double cost = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      double least = 1e300;
      std::size_t nearest = 0;
      for (std::size_t c = 0; c < clusters; ++c) {
        double square = 0;
        for (std::size_t j = 0; j < dims; ++j) {
          const double difference = points[i * dims + j] - centroids[c * dims + j];
          square += difference * difference;
        }
        if (square >= least) continue;
        least = square;
        nearest = c;
      }
      cost += least;
      counts[nearest] += 1;
      for (std::size_t j = 0; j < dims; ++j) sums[nearest * dims + j] += points[i * dims + j];
    }
    for (std::size_t at = 0; at < sums.size(); ++at)
      if (counts[at / dims] > 0) centroids[at] = sums[at] / counts[at / dims];
    if (cost >= before) break;
    before = cost;
  }
  return before;
}

TEST(clusters_are_nearly_the_best_of_many_runs) {
  Generator random(8);
  for (const std::size_t clusters : {8u, 40u}) {
    const Points points = bell_points(random, 600, 8, 30);
    double best = 1e300;
    for (int run = 0; run < 30; ++run) best = std::min(best, plain_run(points, 8, clusters, random));
    const double ours = assign(points, 8, kmeans(points, 8, options_for(clusters))).cost;
    if (!(ours <= 1.05 * best)) std::printf("%zu clusters: %g, the best of many %g\n", clusters, ours, best);
    CHECK(ours <= 1.05 * best);
  }
}

}  // namespace
