// Rows that are equal share a node, in the order of their numbers.
#include "index/graph/distinct_rows.h"

#include "check.h"
#include "nodes.h"

using namespace nearabout;
using namespace nearabout::test;

namespace {

std::vector<std::uint32_t> rows_of(const graph::DistinctRows& distinct, std::size_t node) {
  const auto rows = distinct.rows(node);
  return {rows.begin(), rows.end()};
}

TEST(different_rows_are_nodes_of_their_own) {
  const Table table = clustered(300, 5, 1);
  const graph::DistinctRows distinct = graph::find_distinct_rows(validated(table), 2, {});
  CHECK_EQUAL(distinct.count(), 300);
  for (std::size_t node = 0; node < 300; ++node) CHECK(rows_of(distinct, node) == std::vector{std::uint32_t(node)});
}

TEST(copies_share_a_node) {
  Table table = clustered(300, 5, 1);
  table.copy_row(7, 299);
  table.copy_row(7, 20);
  table.copy_row(0, 8);
  const graph::DistinctRows distinct = graph::find_distinct_rows(validated(table), 2, {});
  CHECK_EQUAL(distinct.count(), 297);
  CHECK(rows_of(distinct, 0) == (std::vector<std::uint32_t>{0, 8}));
  CHECK(rows_of(distinct, 7) == (std::vector<std::uint32_t>{7, 20, 299}));
  CHECK_EQUAL(distinct.first_row(8), 9);
}

TEST(one_row_and_all_equal_rows_are_one_node) {
  CHECK_EQUAL(graph::find_distinct_rows(validated(clustered(1, 3, 1)), 1, {}).count(), 1);
  Table equal = clustered(1'000, 3, 1);
  for (std::size_t row = 1; row < equal.rows(); ++row) equal.copy_row(0, row);
  const graph::DistinctRows distinct = graph::find_distinct_rows(validated(equal), 2, {});
  CHECK_EQUAL(distinct.count(), 1);
  CHECK_EQUAL(distinct.rows(0).size(), 1'000);
}

}  // namespace
