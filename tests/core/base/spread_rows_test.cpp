// Rows of samples: one of each of equal parts, at no fixed distance.
#include "base/spread_rows.h"

#include <set>

#include "check.h"

using namespace nearabout;
using namespace nearabout::test;

namespace {

TEST(a_row_of_each_part) {
  for (const std::size_t all : {1u, 5u, 384u, 385u, 1'000u, 100'003u, 4'000'000'000u}) {
    for (const std::size_t count : {1u, 3u, 5u, 384u, 1'000u}) {
      if (count > all) continue;
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t row = spread_row(i, count, all);
        CHECK(row >= i * all / count && row < (i + 1) * all / count);
        CHECK_EQUAL(row, spread_row(i, count, all));
      }
    }
  }
}

TEST(more_than_there_are_are_still_rows) {
  for (std::size_t i = 0; i < 50; ++i) CHECK(spread_row(i, 50, 7) < 7);
}

// Whatever the period, of a hundred rows: their places in it are many, as those of random rows are.
TEST(no_period_is_met) {
  for (const std::size_t period : {2u, 10u, 16u, 25u, 100u}) {
    std::set<std::size_t> places;
    for (std::size_t i = 0; i < 400; ++i) places.insert(spread_row(i, 400, 40'000) % period);
    CHECK(places.size() > period * 9 / 10);
  }
}

}  // namespace
