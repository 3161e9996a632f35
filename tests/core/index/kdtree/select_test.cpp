// The smallest of many numbers are in front, whatever their order was.
#include "index/kdtree/select.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "check.h"

using namespace nearabout;

namespace {

void check_selected(std::vector<std::uint64_t> keys, std::size_t wanted) {
  std::vector<std::uint64_t> sorted = keys;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::uint64_t> spare(keys.size());
  kdtree::select(keys.data(), keys.size(), wanted, spare.data());
  const auto middle = static_cast<std::ptrdiff_t>(wanted);
  std::sort(keys.begin(), keys.begin() + middle);
  std::sort(keys.begin() + middle, keys.end());
  CHECK(keys == sorted);
}

TEST(any_order_and_any_number) {
  std::mt19937_64 random(1);
  for (const std::size_t count : {1u, 2u, 63u, 64u, 65u, 1'000u, 20'000u})
    for (const std::size_t wanted : {std::size_t{0}, std::size_t{1}, count / 3, count / 2, count - 1, count}) {
      std::vector<std::uint64_t> keys(count);
      std::iota(keys.begin(), keys.end(), std::uint64_t{5});
      check_selected(keys, wanted);
      std::reverse(keys.begin(), keys.end());
      check_selected(keys, wanted);
      std::shuffle(keys.begin(), keys.end(), random);
      check_selected(keys, wanted);
      for (std::uint64_t& key : keys) key += (key % 7) << 40;  // few different high halves, as of equal coordinates
      check_selected(keys, wanted);
    }
}

// Keys that a sample at equal distances sees only one side of.
TEST(an_order_with_a_period) {
  std::vector<std::uint64_t> keys(31 * 400);
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = i % 400 == 0 ? i : 1'000'000 + i;
  for (const std::size_t wanted : {std::size_t{10}, std::size_t{31}, keys.size() / 2}) check_selected(keys, wanted);
}

}  // namespace
