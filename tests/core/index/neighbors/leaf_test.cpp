// Each row of a leaf is offered exactly the nearest of the others by their bytes, as a comparison one by one finds
// them.
#include "index/neighbors/leaf.h"

#include <algorithm>
#include <numeric>

#include "check.h"
#include "points.h"

using namespace nearabout;
using namespace nearabout::test;

namespace {

constexpr std::size_t kKept = 16;
constexpr std::size_t kOffered = kKept * 3 / 4;  // by a leaf

void finds_the_nearest(const Table& table, std::size_t first, std::size_t step, std::size_t count) {
  const auto index = screened(table, metric::Metric::euclidean);
  const neighbors::BytePoints points = points_of(*index);
  neighbors::NearLists lists(points.count(), kKept);
  std::vector<std::uint32_t> rows;
  for (std::size_t i = 0; i < count; ++i) rows.push_back(static_cast<std::uint32_t>(first + i * step));
  neighbors::Leaf leaf(points, lists);
  for (int again = 0; again < 2; ++again) {  // the second time there are limits, which change nothing
    leaf.compare(rows);
    for (const std::uint32_t row : rows) {
      std::vector<Scored> all;
      for (const std::uint32_t other : rows)
        if (other != row) all.emplace_back(slow_score(points, row, other), other);
      std::sort(all.begin(), all.end());
      all.resize(std::min(all.size(), kOffered));
      CHECK(kept(lists, row) == all);
    }
  }
}

TEST(leaves_of_any_size) {
  const Table table = clustered(2'000, 24, 3);
  for (const std::size_t count : {1u, 2u, 3u, 17u, 32u, 33u, 300u, 613u}) finds_the_nearest(table, 5, 3, count);
}

TEST(many_equal_scores) {
  Table table = whole_numbers(1'000, 20, 3);
  for (std::size_t i = 0; i < 700; ++i) table.copy_row(900 + i % 5, i);
  finds_the_nearest(table, 0, 1, 1'000);
}

TEST(directions_instead_of_dimensions) { finds_the_nearest(clustered(1'200, 500, 3), 0, 2, 600); }

}  // namespace
