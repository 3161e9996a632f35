// The order in which a kind searches for the neighbours of all rows: every row once, and near rows together.
#include <algorithm>
#include <numeric>

#include "check.h"
#include "index/fixtures.h"
#include "index/kinds.h"

using namespace nearabout;
using namespace nearabout::index;
using namespace nearabout::test;

namespace {

std::vector<std::uint32_t> order_of(Build build, const Table& base, Element element = Element::f32) {
  const ValidatedRows source(base.view(), element, metric::Metric::euclidean, InvalidRows::refuse, 2, {});
  return built([&](storage::Writer& writer) { build(writer, source); })->searcher().batch_order();
}

std::vector<std::uint32_t> all_rows(std::size_t rows) {
  std::vector<std::uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

// Returns the mean squared distance of successive rows.
double mean_step(const Table& base, const std::vector<std::uint32_t>& order) {
  double sum = 0;
  for (std::size_t i = 1; i < order.size(); ++i)
    for (std::size_t j = 0; j < base.dims; ++j) {
      const double off = base.row(order[i])[j] - base.row(order[i - 1])[j];
      sum += off * off;
    }
  return sum / static_cast<double>(order.size());
}

}  // namespace

TEST(every_row_is_there_once) {
  for (const Build build : {build_exact, build_forest, build_lists})
    for (const std::size_t rows : {0u, 1u, 2u, 999u}) {
      const std::vector<std::uint32_t> order = order_of(build, clustered(rows, 8, 1));
      std::vector<std::uint32_t> sorted = order;
      std::ranges::sort(sorted);
      CHECK(sorted == all_rows(rows));
    }
}

TEST(the_exact_kind_keeps_the_order_of_rows) { CHECK(order_of(build_exact, clustered(50, 4, 1)) == all_rows(50)); }

TEST(lists_of_whole_numbers_have_squares_beside_their_rows) {
  std::vector<std::uint32_t> order = order_of(build_lists, whole_numbers(500, 8, 1), Element::i8);
  std::ranges::sort(order);
  CHECK(order == all_rows(500));
}

TEST(near_rows_are_together) {
  const Table base = clustered(2'000, 8, 1, 5);
  const double apart = mean_step(base, all_rows(base.rows()));
  CHECK(mean_step(base, order_of(build_lists, base)) < apart / 3);
  CHECK(mean_step(base, order_of(build_forest, base)) < apart / 3);
}
