// Searches with a filter or a deadline, for every kind: only allowed rows, all of them if there are fewer than k, and
// the same as brute force over the allowed rows.
#include <chrono>

#include "base/error.h"
#include "check.h"
#include "index/fixtures.h"
#include "index/kinds.h"
#include "index/row_filter.h"

using namespace nearabout;
using namespace nearabout::index;
using namespace nearabout::test;
using metric::Metric;

namespace {

constexpr Build kBuilds[] = {build_exact, build_forest, build_lists};

// Returns the results of comparing all rows, without those that the filter does not allow.
std::vector<SearchResult> filtered_truth(const StoredIndex& index, const Table& queries, const RowFilter& filter,
                                         std::size_t k) {
  std::vector<SearchResult> truth = true_answers(index, queries, index.rows());
  for (SearchResult& result : truth) {
    SearchResult allowed;
    for (std::size_t i = 0; i < result.rows.size() && allowed.rows.size() < k; ++i) {
      if (!filter.allows(result.rows[i])) continue;
      allowed.rows.push_back(result.rows[i]);
      allowed.distances.push_back(result.distances[i]);
    }
    result = allowed;
  }
  return truth;
}

RowFilter every_nth(std::size_t rows, std::size_t step) {
  RowFilter filter(rows);
  for (std::size_t row = 0; row < rows; row += step) filter.allow(row);
  return filter;
}

}  // namespace

TEST(filtered_results_equal_brute_force) {
  const Table base = clustered(1'500, 24, 1);
  const Table queries = clustered(20, 24, 2);
  for (const Metric metric : {Metric::euclidean, Metric::cosine, Metric::dot}) {
    const ValidatedRows source(base.view(), Element::f32, metric, InvalidRows::refuse, 1, {});
    for (const Build build : kBuilds) {
      const auto index = built([&](storage::Writer& writer) { build(writer, source); });
      for (const std::size_t step : {1u, 2u, 300u, 1'499u}) {
        CASE("metric ", name_of(metric), ", kind ", index->descriptor().kind, ", one row in ", step);
        const RowFilter filter = every_nth(base.rows(), step);
        Request asked = request(10);
        asked.filter = &filter;
        CHECK(same(index->searcher().search(queries.view(), asked), filtered_truth(*index, queries, filter, 10)));
      }
    }
  }
}

TEST(excluded_rows_are_not_found) {
  const Table base = clustered(200, 8, 3);
  const ValidatedRows source(base.view(), Element::f32, Metric::euclidean, InvalidRows::refuse, 1, {});
  for (const Build build : kBuilds) {
    const auto index = built([&](storage::Writer& writer) { build(writer, source); });
    RowFilter filter = every_nth(base.rows(), 1);
    filter.exclude(7);
    Request asked = request(1);
    asked.filter = &filter;
    const Table self{std::vector<float>(base.row(7), base.row(7) + base.dims), base.dims};
    const SearchResult found = index->searcher().search(self.view(), asked)[0];
    CHECK(found.rows.size() == 1 && found.rows[0] != 7);
    CHECK_EQUAL(found.effort, kEveryRow);
  }
}

TEST(radius_applies_to_allowed_rows) {
  const Table base = whole_numbers(400, 6, 5);
  const ValidatedRows source(base.view(), Element::f32, Metric::euclidean, InvalidRows::refuse, 1, {});
  const auto index = built([&](storage::Writer& writer) { build_exact(writer, source); });
  const RowFilter filter = every_nth(base.rows(), 3);
  Request asked = request(base.rows());
  asked.radius = 16.0;
  const std::vector<SearchResult> all = index->searcher().search(base.view(), asked);
  asked.filter = &filter;
  const std::vector<SearchResult> some = index->searcher().search(base.view(), asked);
  std::size_t found = 0;
  for (std::size_t i = 0; i < base.rows(); ++i) {
    std::vector<std::uint32_t> expected = all[i].rows;
    std::erase_if(expected, [&](std::uint32_t row) { return !filter.allows(row); });
    CHECK_EQUAL(some[i].rows, expected);
    found += expected.size();
  }
  CHECK(found > base.rows());
}

TEST(filter_without_rows_finds_nothing) {
  const Table base = clustered(100, 8, 3);
  const ValidatedRows source(base.view(), Element::f32, Metric::euclidean, InvalidRows::refuse, 1, {});
  const auto index = built([&](storage::Writer& writer) { build_exact(writer, source); });
  const RowFilter none(base.rows());
  Request asked = request(5);
  asked.filter = &none;
  CHECK(index->searcher().search(base.view(), asked)[0].rows.empty());
}

TEST(filters_of_other_tables_are_refused) {
  const Table base = clustered(100, 8, 3);
  const ValidatedRows source(base.view(), Element::f32, Metric::euclidean, InvalidRows::refuse, 1, {});
  const auto index = built([&](storage::Writer& writer) { build_exact(writer, source); });
  const RowFilter other(99);
  Request asked = request(5);
  asked.filter = &other;
  CHECK_THROWS(index->searcher().search(base.view(), asked), InvalidInputError);
}

TEST(late_searches_end_with_an_error) {
  const Table base = clustered(300, 8, 3);
  const ValidatedRows source(base.view(), Element::f32, Metric::euclidean, InvalidRows::refuse, 1, {});
  for (const Build build : kBuilds) {
    const auto index = built([&](storage::Writer& writer) { build(writer, source); });
    Request asked = request(5);
    asked.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
    CHECK_THROWS(index->searcher().search(base.view(), asked), DeadlineError);
    asked.deadline = std::chrono::steady_clock::now() + std::chrono::hours(1);
    CHECK_EQUAL(index->searcher().search(base.view(), asked).size(), base.rows());
  }
}
