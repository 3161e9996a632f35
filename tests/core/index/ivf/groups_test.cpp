// An order of centroids in which neighbours are adjacent: every one once, and groups that are tighter than chance.
#include "index/ivf/groups.h"

#include <algorithm>
#include <random>

#include "check.h"
#include "quantize/centroid_order.h"

using namespace nearabout;
using namespace nearabout::ivf;
using quantize::order_by_nearness;

namespace {

constexpr std::size_t kGroup = 32;

std::vector<std::int8_t> centroids(std::size_t count, std::size_t dims) {
  std::mt19937 random(3);
  std::vector<std::int8_t> values(count * dims);
  for (std::int8_t& value : values) value = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
  return values;
}

// Returns the mean squared distance from the mean of each group.
double spread(const std::vector<std::int8_t>& values, std::size_t dims) {
  const std::vector<std::int8_t> means = group_means(values, dims);
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double apart = values[i] - means[i / dims / kGroup * dims + i % dims];
    sum += apart * apart;
  }
  return sum / static_cast<double>(values.size());
}

void check(std::size_t count, std::size_t dims) {
  const std::vector<std::int8_t> values = centroids(count, dims);
  const std::vector<std::uint32_t> order = order_by_nearness(values, dims);
  std::vector<std::uint32_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  CHECK_EQUAL(sorted.size(), count);
  for (std::size_t i = 0; i < sorted.size(); ++i) CHECK_EQUAL(sorted[i], i);
  CHECK_EQUAL(order_by_nearness(values, dims), order);

  std::vector<std::int8_t> ordered;
  for (const std::uint32_t centroid : order)
    ordered.insert(ordered.end(), values.begin() + static_cast<std::ptrdiff_t>(centroid * dims),
                   values.begin() + static_cast<std::ptrdiff_t>((centroid + 1) * dims));
  CHECK_EQUAL(group_means(ordered, dims).size(), (count + kGroup - 1) / kGroup * dims);
  const double tighter = dims <= 8 ? 0.9 : 1;  // in many dimensions random numbers are all equally far apart
  if (count >= 256) CHECK(spread(ordered, dims) < tighter * spread(values, dims));
}

TEST(centroids_are_ordered_by_nearness) {
  for (const std::size_t count : {1u, 31u, 32u, 33u, 64u, 100u, 1000u, 4096u}) check(count, 8);
  check(500, 64);
}

TEST(equal_centroids_are_ordered) {
  const std::vector<std::int8_t> equal(200 * 8, 5);
  CHECK_EQUAL(order_by_nearness(equal, 8).size(), 200);
  CHECK_EQUAL(group_means(equal, 8), std::vector<std::int8_t>(7 * 8, 5));
}

}  // namespace
