// Every row is in as many leaves as asked for, none is too large, and the order is one of all rows.
#include "index/neighbors/leaves.h"

#include <algorithm>
#include <numeric>

#include "check.h"
#include "points.h"

using namespace nearabout;
using namespace nearabout::test;

namespace {

neighbors::Division checked(const Table& table, std::size_t several, std::size_t typical) {
  const auto index = screened(table, metric::Metric::euclidean);
  const neighbors::BytePoints points = points_of(*index);
  neighbors::Division division = neighbors::divide_into_leaves(points, several, typical, 7, 1, {});
  std::vector<std::size_t> leaves(table.rows(), 0);
  for (const std::vector<std::uint32_t>& leaf : division.leaves) {
    CHECK(!leaf.empty() && leaf.size() <= 4 * typical);
    for (const std::uint32_t row : leaf) ++leaves[row];
  }
  CHECK(std::ranges::all_of(leaves, [&](std::size_t count) { return count >= 1 && count <= several; }));
  std::vector<std::uint32_t> order = division.order;
  std::sort(order.begin(), order.end());
  std::vector<std::uint32_t> all(table.rows());
  std::iota(all.begin(), all.end(), 0u);
  CHECK(order == all);
  const neighbors::Division again = neighbors::divide_into_leaves(points, several, typical, 7, 3, {});
  CHECK(again.leaves == division.leaves && again.order == division.order);
  return division;
}

TEST(rows_are_in_several_leaves) {
  const neighbors::Division division = checked(clustered(5'000, 24, 3), 3, 100);
  std::size_t places = 0;
  for (const std::vector<std::uint32_t>& leaf : division.leaves) places += leaf.size();
  CHECK_EQUAL(places, 15'000u);
}

TEST(few_rows_are_one_leaf) { CHECK_EQUAL(checked(clustered(600, 24, 3), 2, 150).leaves.size(), 1u); }

TEST(rows_that_are_all_equal) {
  const Table table{std::vector<float>(3'000 * 20, 1.5f), 20};
  checked(table, 2, 100);
}

TEST(one_crowd_and_few_others) {
  Table table = clustered(4'000, 20, 3);
  for (std::size_t i = 100; i < table.rows(); ++i) table.copy_row(0, i);
  checked(table, 2, 100);
}

}  // namespace
