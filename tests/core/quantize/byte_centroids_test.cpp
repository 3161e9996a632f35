// The nearest centroids are those that a comparison with each finds: whole numbers, so there is no tolerance.
#include "quantize/byte_centroids.h"

#include <cstdio>
#include <random>

#include "check.h"

using namespace nearabout;
using namespace nearabout::quantize;

namespace {

using Bytes = std::vector<std::int8_t>;

Bytes random_bytes(std::mt19937& random, std::size_t count, int reach) {
  Bytes bytes(count);
  for (std::int8_t& byte : bytes)
    byte = static_cast<std::int8_t>(static_cast<int>(random() % static_cast<unsigned>(2 * reach + 1)) - reach);
  return bytes;
}

std::uint32_t nearest_by_comparison(const std::int8_t* point, const Bytes& centroids, std::size_t dims,
                                    const std::vector<float>& penalties) {
  double least = 1e300;
  std::uint32_t nearest = 0;
  for (std::size_t c = 0; c < centroids.size() / dims; ++c) {
    double distance = penalties.empty() ? 0 : static_cast<double>(penalties[c]);
    for (std::size_t j = 0; j < dims; ++j) {
      const int difference = point[j] - centroids[c * dims + j];
      distance += difference * difference;
    }
    if (distance >= least) continue;
    least = distance;
    nearest = static_cast<std::uint32_t>(c);
  }
  return nearest;
}

void check(const Bytes& centroids, const Bytes& points, std::size_t dims, const std::vector<float>& penalties) {
  const ByteCentroids made(centroids, dims);
  const std::size_t rows = points.size() / dims;
  CHECK(made.count() == centroids.size() / dims && made.dims() == dims);
  std::vector<std::uint32_t> expected(rows);
  for (std::size_t i = 0; i < rows; ++i)
    expected[i] = nearest_by_comparison(points.data() + i * dims, centroids, dims, penalties);
  for (const std::size_t threads : {1u, 3u}) {
    std::vector<std::uint32_t> ids(rows + 1, 77);
    made.nearest(points.data(), rows, penalties, ids.data(), threads);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < rows; ++i) wrong += ids[i] != expected[i] ? 1u : 0u;
    if (wrong > 0) std::printf("%zu of %zu points, %zu centroids, %zu dims\n", wrong, rows, made.count(), dims);
    CHECK_EQUAL(wrong, 0);
    CHECK_EQUAL(ids[rows], 77);
  }
}

std::vector<float> random_penalties(std::mt19937& random, std::size_t count, int reach) {
  std::vector<float> penalties(count);
  for (float& penalty : penalties)
    penalty = static_cast<float>(static_cast<int>(random() % static_cast<unsigned>(2 * reach + 1)) - reach);
  return penalties;
}

// Sizes around those of a panel, a batch of points, a block of panels and a thread's task.
TEST(counts_of_all_kinds) {
  std::mt19937 random(1);
  for (const std::size_t count : {1u, 2u, 31u, 32u, 33u, 100u, 511u, 512u, 513u, 1100u})
    for (const std::size_t rows : {0u, 1u, 7u, 8u, 9u, 60u, 530u}) {
      if (count * rows > 120'000) continue;
      const std::size_t dims = 4 * (1 + random() % 9);
      check(random_bytes(random, count * dims, 127), random_bytes(random, rows * dims, 127), dims, {});
      check(random_bytes(random, count * dims, 127), random_bytes(random, rows * dims, 127), dims,
            random_penalties(random, count, 20'000));
    }
}

// Few values: most points have several nearest centroids, and the first one is the result, whichever panel it is in.
TEST(the_first_of_equals) {
  std::mt19937 random(2);
  for (const std::size_t count : {5u, 40u, 600u, 1100u}) {
    check(random_bytes(random, count * 4, 1), random_bytes(random, 90 * 4, 1), 4, {});
    check(random_bytes(random, count * 4, 1), random_bytes(random, 90 * 4, 2), 4, random_penalties(random, count, 2));
    check(Bytes(count * 8, 5), random_bytes(random, 40 * 8, 127), 8, {});
  }
}

// The longest vectors allowed: all sums must still be whole numbers.
TEST(the_largest_sums) {
  std::mt19937 random(3);
  Bytes corners = random_bytes(random, 70 * kMaxByteDims, 1);
  for (std::int8_t& byte : corners) byte = byte < 0 ? std::int8_t{-127} : std::int8_t{127};
  check(random_bytes(random, 70 * kMaxByteDims, 127), random_bytes(random, 50 * kMaxByteDims, 127), kMaxByteDims, {});
  check(corners, random_bytes(random, 50 * kMaxByteDims, 127), kMaxByteDims, {});
  check(corners, corners, kMaxByteDims, {});
  Bytes shifted = corners;
  for (std::size_t c = 0; c < 70; ++c) shifted[c * kMaxByteDims + c] = static_cast<std::int8_t>(c);
  check(shifted, Bytes(9 * kMaxByteDims, 127), kMaxByteDims, {});
}

}  // namespace
