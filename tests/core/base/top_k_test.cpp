// Compares the k best with a plain sort: ties by row, in any order of arrival.
#include "base/top_k.h"

#include <cmath>
#include <limits>
#include <random>

#include "check.h"

using namespace nearabout;

namespace {

// Small k is sorted and large k a heap: numbers on both sides of the boundary.
constexpr std::size_t kAboutBoth[] = {1, 10, 31, 32, 33, 100};

bool same(const std::vector<Neighbour>& left, const std::vector<Neighbour>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Neighbour& a, const Neighbour& b) { return a.rdist == b.rdist && a.row == b.row; });
}

TEST(top_k_is_a_sort_cut_short) {
  std::mt19937 random(5);
  for (const std::size_t count : {0u, 1u, 2u, 9u, 31u, 32u, 33u, 100u, 1'000u}) {
    for (const std::size_t k : {0u, 1u, 2u, 10u, 31u, 32u, 33u, 99u, 100u, 2'000u}) {
      std::vector<Neighbour> all;
      for (std::size_t row = 0; row < count; ++row)  // few different distances, so that ties are common
        all.push_back({static_cast<double>(random() % 7), static_cast<std::uint32_t>(row)});
      std::shuffle(all.begin(), all.end(), random);
      TopK best(k);
      for (const Neighbour& neighbour : all) best.push(neighbour.rdist, neighbour.row);
      std::sort(all.begin(), all.end());
      all.resize(std::min(k, count));
      CHECK(same(best.take_sorted(), all));
    }
  }
}

TEST(the_worst_is_infinite_until_k_are_known) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  TopK best(2);
  CHECK_EQUAL(best.worst(), kInfinity);
  best.push(3, 0);
  CHECK_EQUAL(best.worst(), kInfinity);
  best.push(1, 1);
  CHECK_EQUAL(best.worst(), 3);
  best.push(2, 2);
  CHECK_EQUAL(best.worst(), 2);
  best.push(2, 1);  // a tie with a smaller row wins
  CHECK_EQUAL(best.take_sorted().back().row, 1);
}

TEST(not_a_number_never_enters) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const std::size_t k : kAboutBoth) {
    TopK best(k);
    for (std::uint32_t row = 0; row < 200; ++row) best.push(std::nan(""), row);
    best.push(-kInfinity, 1);
    CHECK_EQUAL(best.worst(), (k == 1 ? -kInfinity : kInfinity));
    best.push(std::nan(""), 0);
    CHECK(same(best.take_sorted(), {{-kInfinity, 1}}));
  }
}

// Ascending, descending and constant: the slowest and fastest orders for a heap and for insertion.
TEST(order_of_arrival_does_not_matter) {
  for (const std::size_t k : kAboutBoth)
    for (const double slope : {1.0, 0.0, -1.0}) {
      std::vector<Neighbour> all;
      for (std::uint32_t row = 0; row < 300; ++row) all.push_back({slope * row, row});
      TopK forward(k), backward(k);
      for (std::size_t i = 0; i < all.size(); ++i) {
        forward.push(all[i].rdist, all[i].row);
        backward.push(all[all.size() - 1 - i].rdist, all[all.size() - 1 - i].row);
      }
      std::sort(all.begin(), all.end());
      all.resize(k);
      CHECK(forward.worst() == all.back().rdist && backward.worst() == all.back().rdist);
      CHECK(same(forward.take_sorted(), all));
      CHECK(same(backward.take_sorted(), all));
    }
}

// Returns those of `all` within `limit`, sorted, at most k.
std::vector<Neighbour> slow(std::vector<Neighbour> all, std::size_t k, double limit) {
  std::erase_if(all, [=](const Neighbour& neighbour) { return !(neighbour.rdist <= limit); });  // NaN is removed, too
  std::sort(all.begin(), all.end());
  all.resize(std::min(k, all.size()));
  return all;
}

// Infinities, zeros of both signs, NaN, and limits with ties exactly on them.
TEST(a_limit_is_inclusive_whatever_is_pushed) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double rdists[] = {-kInfinity, -3.5, -0.0, 0.0, 1e-300, 2, 2, 7, kInfinity, std::nan("")};
  std::mt19937 random(6);
  for (int trial = 0; trial < 3'000; ++trial) {
    std::vector<Neighbour> all(random() % (trial % 2 == 0 ? 40 : 150));
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = {rdists[random() % 10], static_cast<std::uint32_t>(i)};
    std::shuffle(all.begin(), all.end(), random);
    const std::size_t k = trial % 3 == 0 ? kAboutBoth[random() % 6] : random() % 45;
    const double limit = rdists[random() % 9];
    TopK best(k, limit);
    for (const Neighbour& neighbour : all) {
      const double worst = best.worst();
      best.push(neighbour.rdist, neighbour.row);
      CHECK(best.worst() <= worst);
    }
    const std::vector<Neighbour> expected = slow(all, k, limit);
    CHECK_EQUAL(best.worst(), (expected.size() < k || k == 0 ? limit : expected.back().rdist));
    CHECK(same(best.take_sorted(), expected));
  }
}

// However a table is divided and its parts are merged, the result is that of the whole.
TEST(parts_merge_to_the_whole) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 1'000; ++trial) {
    const std::size_t k = trial % 3 == 0 ? kAboutBoth[random() % 6] : random() % 20;
    const double limit = static_cast<double>(random() % 12);
    const std::size_t parts = 1 + random() % 5;
    std::vector<TopK> best(parts, TopK(k, limit));
    std::vector<Neighbour> all(random() % 250);
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i] = {static_cast<double>(random() % 10), static_cast<std::uint32_t>(i)};
      best[random() % parts].push(all[i].rdist, all[i].row);
    }
    for (std::size_t part = 1; part < parts; ++part) best[0].merge(best[part]);
    CHECK(same(best[0].take_sorted(), slow(all, k, limit)));
  }
}

}  // namespace
