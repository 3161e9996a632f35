// A round among near centroids finds what a comparison with each of them finds: whole numbers, so there is no
// tolerance.
#include "quantize/near_centroids.h"

#include <algorithm>
#include <random>
#include <utility>

#include "check.h"
#include "quantize/byte_centroids.h"

using namespace nearabout;
using namespace nearabout::quantize;

namespace {

using Bytes = std::vector<std::int8_t>;
using Ids = std::vector<std::uint32_t>;

Bytes random_bytes(std::mt19937& random, std::size_t count, int reach) {
  Bytes bytes(count);
  for (std::int8_t& byte : bytes)
    byte = static_cast<std::int8_t>(static_cast<int>(random() % static_cast<unsigned>(2 * reach + 1)) - reach);
  return bytes;
}

double square_between(const std::int8_t* a, const std::int8_t* b, std::size_t dims) {
  double sum = 0;
  for (std::size_t j = 0; j < dims; ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

Ids near_by_comparison(const std::int8_t* point, const Bytes& centroids, std::size_t dims, std::size_t near) {
  std::vector<std::pair<double, std::uint32_t>> order;
  for (std::uint32_t c = 0; c < centroids.size() / dims; ++c)
    order.emplace_back(square_between(point, centroids.data() + c * dims, dims), c);
  std::sort(order.begin(), order.end());
  order.resize(std::min(near, order.size()));
  Ids ids;
  for (const auto& [square, id] : order) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::uint32_t nearest_by_comparison(const std::int8_t* point, const Bytes& centroids, std::size_t dims,
                                    const std::vector<float>& penalties, const Ids& candidates) {
  std::pair<double, std::uint32_t> nearest{1e300, 0};
  for (const std::uint32_t c : candidates)
    nearest = std::min(nearest, {square_between(point, centroids.data() + c * dims, dims) +
                                     (penalties.empty() ? 0 : static_cast<double>(penalties[c])),
                                 c});
  return nearest.second;
}

struct Case {
  Bytes points, centroids;
  std::size_t dims;
  std::vector<float> penalties;
  Ids ids;  // clusters so far
};

// Bytes up to `reach`; about a third of the clusters have no points.
Case random_case(std::mt19937& random, std::size_t rows, std::size_t clusters, int reach, bool has_penalties) {
  const std::size_t dims = 4 * (1 + random() % 6);
  Case made{random_bytes(random, rows * dims, reach), random_bytes(random, clusters * dims, reach), dims, {}, {}};
  for (std::size_t c = 0; has_penalties && c < clusters; ++c)
    made.penalties.push_back(static_cast<float>(random() % 2'000) - 1'000.0f);
  for (std::size_t i = 0; i < rows; ++i) made.ids.push_back(static_cast<std::uint32_t>(random() % clusters / 3 * 2));
  return made;
}

void check(const Case& given, std::size_t near) {
  const std::size_t clusters = given.centroids.size() / given.dims;
  Ids expected;
  for (std::size_t i = 0; i < given.ids.size(); ++i) {
    const std::int8_t* const own = given.centroids.data() + given.ids[i] * given.dims;
    expected.push_back(nearest_by_comparison(given.points.data() + i * given.dims, given.centroids, given.dims,
                                             given.penalties,
                                             near_by_comparison(own, given.centroids, given.dims, near)));
  }
  for (const std::size_t threads : {1u, 3u}) {
    CASE(given.ids.size(), " points, ", clusters, " clusters, ", near, " near, ", threads, " threads");
    Ids ids = given.ids;
    nearest_of_near(given.points, Grouping(ids, clusters), given.centroids, given.dims, given.penalties, near,
                    ids.data(), threads);
    CHECK_EQUAL(ids, expected);
  }
}

TEST(near_centroids_are_compared) {
  std::mt19937 random(1);
  for (const std::size_t clusters : {3u, 40u, 300u})
    for (const std::size_t near : {1u, 2u, 32u, 33u, 64u})
      for (const bool has_penalties : {false, true})
        check(random_case(random, 400, clusters, 127, has_penalties), near);
}

// Few values: equals among the near ones, and on the border between near and far.
TEST(the_first_of_equals) {
  std::mt19937 random(2);
  for (const std::size_t clusters : {5u, 90u})
    for (const std::size_t near : {1u, 3u, 40u}) check(random_case(random, 200, clusters, 1, false), near);
}

TEST(all_near_is_a_full_round) {
  std::mt19937 random(3);
  const Case given = random_case(random, 500, 70, 127, true);
  Ids ids = given.ids;
  Ids full(ids.size());
  nearest_of_near(given.points, Grouping(ids, 70), given.centroids, given.dims, given.penalties, 70, ids.data(), 2);
  ByteCentroids(given.centroids, given.dims).nearest(given.points.data(), full.size(), given.penalties, full.data(), 1);
  CHECK_EQUAL(ids, full);
}

}  // namespace
