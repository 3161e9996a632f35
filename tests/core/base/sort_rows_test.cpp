// sort_rows: as std::sort and std::unique do, for few and many numbers, with repeats, and of every magnitude.
#include "base/sort_rows.h"

#include <random>
#include <set>

#include "check.h"

using namespace nearabout;

TEST(rows_are_sorted_and_each_kept_once) {
  std::mt19937 random(1);
  for (const std::size_t count : {0u, 1u, 2u, 63u, 64u, 65u, 1'000u})
    for (const std::uint32_t largest : {0u, 1u, 40u, 255u, 256u, 65'536u, 20'000'000u, 4'294'967'295u}) {
      std::vector<std::uint32_t> rows(count);
      for (std::uint32_t& row : rows) row = std::uniform_int_distribution<std::uint32_t>(0, largest)(random);
      const std::set<std::uint32_t> wanted(rows.begin(), rows.end());
      sort_rows(rows);
      CHECK(std::ranges::equal(rows, wanted));
    }
}

TEST(rows_in_order_stay_as_they_are) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < 200; ++row) rows.push_back(3 * row);
  const std::vector<std::uint32_t> wanted = rows;
  sort_rows(rows);
  CHECK_EQUAL(rows, wanted);
}
