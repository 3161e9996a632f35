// Searches with a filter, with excluded rows or a deadline, for every kind: only allowed rows, as many as there are,
// and in an exact search those that brute force over the allowed rows finds.
#include <chrono>
#include <numeric>

#include "base/error.h"
#include "check.h"
#include "index/excluded_rows.h"
#include "index/fixtures.h"
#include "index/kinds.h"
#include "index/search_filter.h"

using namespace nearabout;
using namespace nearabout::index;
using namespace nearabout::test;
using metric::Metric;

namespace {

constexpr Build kBuilds[] = {build_exact, build_forest, build_lists, build_graph, build_kdtree, build_lsh};

// Returns the results of comparing all rows, without those that are not wanted.
template <class Wanted>
std::vector<SearchResult> truth_among(const StoredIndex& index, const Table& queries, std::size_t k,
                                      const Wanted& wanted) {
  std::vector<SearchResult> truth = true_answers(index, queries, index.rows());
  for (std::size_t query = 0; query < truth.size(); ++query) {
    SearchResult some;
    for (std::size_t i = 0; i < truth[query].rows.size() && some.rows.size() < k; ++i) {
      if (!wanted(query, truth[query].rows[i])) continue;
      some.rows.push_back(truth[query].rows[i]);
      some.distances.push_back(truth[query].distances[i]);
    }
    truth[query] = some;
  }
  return truth;
}

RowFilter every_nth(std::size_t rows, std::size_t step) {
  RowFilter filter(rows);
  for (std::size_t row = 0; row < rows; row += step) filter.allow(row);
  return filter;
}

std::shared_ptr<const StoredIndex> index_of(const Table& base, Build build, Metric metric = Metric::euclidean) {
  const ValidatedRows source(base.view(), Element::f32, metric, InvalidRows::refuse, 1, {});
  return built([&](storage::Writer& writer) { build(writer, source); });
}

// Fails unless every result has as many rows as the truth, all of them wanted, in order.
template <class Wanted>
void check_wanted(const std::vector<SearchResult>& found, const std::vector<SearchResult>& truth,
                  const Wanted& wanted) {
  for (std::size_t i = 0; i < truth.size(); ++i) {
    CHECK_EQUAL(found[i].rows.size(), truth[i].rows.size());
    CHECK(std::ranges::all_of(found[i].rows, [&](std::uint32_t row) { return wanted(i, row); }));
    CHECK(std::ranges::is_sorted(found[i].distances));
    CHECK_EQUAL(std::set<std::uint32_t>(found[i].rows.begin(), found[i].rows.end()).size(), found[i].rows.size());
  }
}

}  // namespace

TEST(filtered_results_are_allowed_and_exact_ones_equal_brute_force) {
  const Table base = clustered(1'500, 24, 1);
  const Table queries = clustered(20, 24, 2);
  for (const Metric metric : {Metric::euclidean, Metric::cosine, Metric::dot}) {
    for (const Build build : kBuilds) {
      if (build == build_kdtree && metric == Metric::dot) continue;  // which it does not serve
      const auto index = index_of(base, build, metric);
      for (const std::size_t step : {1u, 2u, 3u, 300u, 1'499u}) {
        CASE("metric ", name_of(metric), ", kind ", index->descriptor().kind, ", one row in ", step);
        const SearchFilter filter(index->searcher(), every_nth(base.rows(), step));
        const auto allowed = [&](std::size_t, std::uint32_t row) { return filter.allows(row); };
        const std::vector<SearchResult> truth = truth_among(*index, queries, 10, allowed);
        Request asked = exactly(10);
        asked.filter = &filter;
        CHECK(same(index->searcher().search(queries.view(), asked), truth));
        for (const std::optional<std::size_t> effort : {std::optional<std::size_t>{}, {1}, {3}, {base.rows()}}) {
          Request some = request(10, index->searcher().effort() ? effort : std::nullopt);
          some.filter = &filter;
          check_wanted(index->searcher().search(queries.view(), some), truth, allowed);
        }
      }
    }
  }
}

TEST(one_query_finds_what_a_batch_finds) {
  const Table base = clustered(1'500, 24, 1);
  const Table queries = clustered(20, 24, 2);
  for (const Build build : kBuilds) {
    const auto index = index_of(base, build);
    for (const std::size_t step : {2u, 7u}) {
      const SearchFilter filter(index->searcher(), every_nth(base.rows(), step));
      Request asked = request(10);
      asked.filter = &filter;
      const std::vector<SearchResult> batch = index->searcher().search(queries.view(), asked);
      for (std::size_t i = 0; i < queries.rows(); ++i) {
        const Table one{{queries.row(i), queries.row(i) + queries.dims}, queries.dims};
        CHECK(same(index->searcher().search(one.view(), asked), {batch[i]}));
      }
    }
  }
}

TEST(each_query_may_have_its_own_filter) {
  const Table base = clustered(1'500, 24, 1);
  const Table queries = clustered(20, 24, 2);
  for (const Build build : kBuilds) {
    const auto index = index_of(base, build);
    const SearchFilter half(index->searcher(), every_nth(base.rows(), 2));
    const SearchFilter few(index->searcher(), every_nth(base.rows(), 500));
    std::vector<const SearchFilter*> filters;
    for (std::size_t i = 0; i < queries.rows(); ++i)
      filters.push_back(i % 3 == 0 ? &half : i % 3 == 1 ? &few : nullptr);
    const auto allowed = [&](std::size_t query, std::uint32_t row) {
      return !filters[query] || filters[query]->allows(row);
    };
    Request asked = exactly(10);
    asked.filters = filters;
    CHECK(same(index->searcher().search(queries.view(), asked), truth_among(*index, queries, 10, allowed)));
    asked.filters = std::span(filters).first(3);
    CHECK_THROWS(index->searcher().search(queries.view(), asked), InvalidInputError);
  }
}

TEST(excluded_rows_are_not_found) {
  const Table base = clustered(600, 8, 3);
  for (const Build build : kBuilds) {
    const auto index = index_of(base, build);
    const SearchFilter filter(index->searcher(), every_nth(base.rows(), 2));
    std::vector<std::vector<std::uint32_t>> lists;
    for (std::size_t i = 0; i < base.rows(); ++i) {
      lists.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i * 7 % base.rows())});
      if (i == 5) lists.back().resize(0);
      if (i == 6) {
        lists.back().resize(base.rows() - 3);
        std::iota(lists.back().begin(), lists.back().end(), 0u);
      }
    }
    const ExcludedRows excluded(lists);
    for (const SearchFilter* given : {static_cast<const SearchFilter*>(nullptr), &filter}) {
      const auto wanted = [&](std::size_t query, std::uint32_t row) {
        return !std::ranges::count(lists[query], row) && (!given || given->allows(row));
      };
      const std::vector<SearchResult> truth = truth_among(*index, base, 5, wanted);
      Request asked = exactly(5);
      asked.filter = given;
      asked.excluded = &excluded;
      CHECK(same(index->searcher().search(base.view(), asked), truth));
      asked.exact = false;
      check_wanted(index->searcher().search(base.view(), asked), truth, wanted);
    }
  }
}

TEST(rows_as_queries_are_excluded_with_others) {
  const Table base = clustered(300, 8, 3);
  for (const Build build : kBuilds) {
    const auto index = index_of(base, build);
    const std::vector<std::uint32_t> rows{3, 7, 11};
    const ExcludedRows others(std::vector<std::uint32_t>{3, 8});
    Request asked = exactly(4);
    asked.excluded = &others;
    Results found(rows.size(), 4);
    index->searcher().search_rows(rows, false, asked, found);
    const Table queries{{base.row(3), base.row(4)}, 8};
    const auto truth =
        truth_among(*index, queries, 4, [](std::size_t, std::uint32_t row) { return row != 3 && row != 8; });
    CHECK_EQUAL(found.at(0).rows, truth[0].rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CHECK_EQUAL(found.count(i), 4u);
      CHECK(std::ranges::none_of(found.at(i).rows, [&](std::uint32_t r) { return r == rows[i] || r == 3 || r == 8; }));
    }
  }
}

TEST(radius_applies_to_allowed_rows) {
  const Table base = whole_numbers(400, 6, 5);
  for (const Build build : kBuilds) {
    const auto index = index_of(base, build);
    Request asked = request(base.rows());
    asked.radius = 16.0;
    const std::vector<SearchResult> all = index->searcher().search(base.view(), asked);
    std::size_t found = 0;
    for (const std::size_t step : {1u, 3u}) {
      const SearchFilter filter(index->searcher(), every_nth(base.rows(), step));
      asked.filter = &filter;
      const std::vector<SearchResult> some = index->searcher().search(base.view(), asked);
      for (std::size_t i = 0; i < base.rows(); ++i) {
        std::vector<std::uint32_t> expected = all[i].rows;
        std::erase_if(expected, [&](std::uint32_t row) { return !filter.allows(row); });
        CHECK_EQUAL(some[i].rows, expected);
        found += expected.size();
      }
    }
    CHECK(found > base.rows());
  }
}

TEST(filter_without_rows_finds_nothing) {
  const Table base = clustered(100, 8, 3);
  for (const Build build : kBuilds) {
    const auto index = index_of(base, build);
    const SearchFilter none(index->searcher(), RowFilter(base.rows()));
    Request asked = request(5);
    asked.filter = &none;
    CHECK(index->searcher().search(base.view(), asked)[0].rows.empty());
  }
}

TEST(filters_of_other_tables_are_refused) {
  const Table base = clustered(100, 8, 3);
  const auto index = index_of(base, build_exact);
  const auto other = index_of(base, build_exact);
  CHECK_THROWS(SearchFilter(index->searcher(), RowFilter(99)), InvalidInputError);
  const SearchFilter elsewhere(other->searcher(), RowFilter(100));
  Request asked = request(5);
  asked.filter = &elsewhere;
  CHECK_THROWS(index->searcher().search(base.view(), asked), InvalidInputError);
}

TEST(row_filters_count_invert_and_intersect) {
  const std::vector<std::uint8_t> values = [] {
    std::vector<std::uint8_t> made(131);
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = i % 3 == 0 ? 1 : 0;
    return made;
  }();
  RowFilter filter{std::span(values)};
  CHECK_EQUAL(filter.count(), 44u);
  CHECK(filter.allows(129) && !filter.allows(130));
  filter.invert();
  CHECK_EQUAL(filter.count(), 87u);
  CHECK_EQUAL(filter.allowed().front(), 1u);
  CHECK_EQUAL(filter.allowed().back(), 130u);
  RowFilter even = every_nth(131, 2);
  even.intersect(filter);
  CHECK_EQUAL(even.count(), 44u);
}

TEST(late_searches_end_with_an_error) {
  const Table base = clustered(300, 8, 3);
  for (const Build build : kBuilds) {
    const auto index = index_of(base, build);
    Request asked = request(5);
    asked.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
    CHECK_THROWS(index->searcher().search(base.view(), asked), DeadlineError);
    asked.deadline = std::chrono::steady_clock::now() + std::chrono::hours(1);
    CHECK_EQUAL(index->searcher().search(base.view(), asked).size(), base.rows());
  }
}
