// The rows of least scores are kept, each once, whatever the order in which they are offered.
#include "index/neighbors/near_lists.h"

#include <algorithm>
#include <limits>
#include <random>

#include "check.h"
#include "points.h"

using namespace nearabout;
using namespace nearabout::test;

namespace {

constexpr std::size_t kKept = 20;

TEST(the_order_of_offers_does_not_matter) {
  std::mt19937 random(5);
  std::vector<Scored> offers;
  for (std::uint32_t row = 0; row < 100; ++row)  // each three times, with the same score; many scores are equal
    offers.insert(offers.end(), 3, Scored(static_cast<float>(random() % 30) - 10, row));
  std::vector<Scored> least = offers;
  std::sort(least.begin(), least.end());
  least.erase(std::unique(least.begin(), least.end()), least.end());
  least.resize(kKept);
  for (std::size_t round = 0; round < 10; ++round) {
    neighbors::NearLists lists(3, kKept);
    for (std::size_t i = 0; i < offers.size(); i += 15) lists.offer(1, std::span(offers).subspan(i, 15));
    CHECK(kept(lists, 1) == least);
    CHECK_EQUAL(lists.limit(1), least.back().score());
    CHECK(lists.of(0).empty());
    std::shuffle(offers.begin(), offers.end(), random);
  }
}

TEST(a_list_that_is_not_full_has_no_limit) {
  neighbors::NearLists lists(1, 3);
  lists.offer(0, std::vector<Scored>{Scored(2, 7), Scored(1, 8), Scored(2, 7)});
  CHECK(kept(lists, 0) == (std::vector<Scored>{Scored(1, 8), Scored(2, 7)}));
  CHECK_EQUAL(lists.limit(0), std::numeric_limits<float>::infinity());
}

}  // namespace
