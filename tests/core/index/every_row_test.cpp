// Lists and forests that compare every row use a screen, and return the same as the exact kind to the last bit, for
// every metric and type: for an exact search, for the largest effort, and for a radius.
#include <random>

#include "check.h"
#include "index/calibration/measure.h"
#include "index/fixtures.h"
#include "index/kinds.h"

using namespace nearabout;
using namespace nearabout::index;
using namespace nearabout::test;
using metric::Metric;

namespace {

std::shared_ptr<const StoredIndex> build_with(Build build, const ValidatedRows& source) {
  return built([&](storage::Writer& writer) {
    build(writer, source);
    calibration::measure(writer, source, {}, {.threads = 2}, {});
  });
}

bool all_rows(const std::vector<SearchResult>& results) {
  for (const SearchResult& result : results)
    if (result.effort != kEveryRow) return false;
  return true;
}

void answers_as_the_exact_kind(Build build, const ValidatedRows& source, const Table& queries) {
  const std::shared_ptr<const StoredIndex> index = build_with(build, source);
  const std::shared_ptr<const StoredIndex> truth = build_with(build_exact, source);
  CHECK(index->file().has(storage::SectionId::screen_bounds));
  CHECK_EQUAL(index->file().has(storage::SectionId::row_terms), truth->file().has(storage::SectionId::row_terms));
  for (const std::size_t k : {1u, 10u, 300u}) {
    Request asked;
    asked.k = k;
    asked.threads = 2;
    const std::vector<SearchResult> right = truth->searcher().search(queries.view(), asked);
    asked.exact = true;
    const std::vector<SearchResult> everything = index->searcher().search(queries.view(), asked);
    CHECK(same(everything, right) && all_rows(everything));
    CHECK(same(index->searcher().search(queries.view(), request(k, index->searcher().effort().max, 2)), right));
    asked.exact = false;
    asked.recall = 1;
    const std::vector<SearchResult> sure = index->searcher().search(queries.view(), asked);
    CHECK(same(sure, right) && all_rows(sure));
  }
  // Use the distance of the tenth neighbour, so that there is something to find.
  Request within;
  within.radius = double{truth->searcher().search(queries.view(), request(10))[0].distances[9]};
  within.k = source.rows();
  const std::vector<SearchResult> right = truth->searcher().search(queries.view(), within);
  CHECK(right[0].rows.size() >= 10);
  const std::vector<SearchResult> told = index->searcher().search(queries.view(), within);
  CHECK(same(told, right) && all_rows(told));
}

TEST(every_metric_and_type) {
  const Table base = clustered(2'000, 40, 1);
  const Table queries = clustered(40, 40, 2);
  for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot})
    for (const Element element : {Element::f32, Element::f16, Element::u8}) {
      Table rows = base;
      Table asked = queries;
      if (element == Element::u8)
        for (Table* table : {&rows, &asked})
          for (float& value : table->values) value = std::clamp(std::nearbyint(value * 20 + 100), 1.0f, 255.0f);
      const ValidatedRows source(rows.view(), element, metric, InvalidRows::refuse, 2, {});
      for (const Build build : {build_lists, build_forest, build_graph, build_lsh})
        answers_as_the_exact_kind(build, source, asked);
    }
}

// Such rows have equal distances; results are then ordered by row.
TEST(ties) {
  const Table base = whole_numbers(3'000, 16, 3);
  Table copies = base;
  for (std::size_t i = 1'500; i < 3'000; ++i) copies.copy_row(i - 1'500, i);
  for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
    const ValidatedRows source(copies.view(), Element::f32, metric, InvalidRows::refuse, 2, {});
    for (const Build build : {build_lists, build_forest, build_graph, build_lsh})
      answers_as_the_exact_kind(build, source, whole_numbers(20, 16, 4));
  }
}

// With few rows or few dimensions there is no screen, and rows are compared in full.
TEST(without_a_screen) {
  for (const auto& [rows, dims] : {std::pair{300u, 40u}, std::pair{2'000u, 8u}}) {
    const Table base = clustered(rows, dims, 5);
    const Table queries = clustered(10, dims, 6);
    const ValidatedRows source(base.view(), Element::f32, Metric::euclidean, InvalidRows::refuse, 2, {});
    const std::vector<SearchResult> right =
        build_with(build_exact, source)->searcher().search(queries.view(), request(10));
    for (const Build build : {build_lists, build_forest, build_graph, build_lsh}) {
      const std::shared_ptr<const StoredIndex> index = build_with(build, source);
      CHECK(!index->file().has(storage::SectionId::screen_bounds));
      CHECK(same(true_answers(*index, queries, 10), right));
    }
  }
}

}  // namespace
