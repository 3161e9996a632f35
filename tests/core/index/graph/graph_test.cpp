// A graph as an index: what searches find, on friendly and other data, and what its file says.
#include "index/graph/graph.h"

#include <algorithm>

#include "base/error.h"
#include "check.h"
#include "index/excluded_rows.h"
#include "nodes.h"

using namespace nearabout;
using namespace nearabout::test;

namespace {

std::shared_ptr<const index::StoredIndex> graph_of(const Table& table,
                                                   metric::Metric metric = metric::Metric::euclidean,
                                                   graph::GraphOptions options = {}, std::size_t threads = 2) {
  return built([&](storage::Writer& writer) {
    graph::write_graph(writer, validated(table, metric), options, "{}", {.threads = threads}, {});
  });
}

double recall(const Table& table, const Table& queries, metric::Metric metric, std::size_t effort,
              graph::GraphOptions options = {}) {
  const auto index = graph_of(table, metric, options);
  index->searcher().verify({});
  return recall_of(index->searcher().search(queries.view(), request(10, effort)), true_answers(*index, queries, 10),
                   10);
}

TEST(neighbours_are_found_under_every_metric) {
  const Table table = clustered(5'000, 24, 1);
  const Table queries = clustered(100, 24, 2);
  for (const metric::Metric metric : {metric::Metric::euclidean, metric::Metric::sqeuclidean, metric::Metric::cosine,
                                      metric::Metric::dot, metric::Metric::manhattan})
    CHECK(recall(table, queries, metric, 64) >= 0.95);
}

TEST(every_number_of_bits_serves) {
  const Table table = clustered(3'000, 40, 1);
  const Table queries = clustered(100, 40, 2);
  for (const std::size_t bits : {std::size_t{1}, std::size_t{2}, std::size_t{4}, std::size_t{8}})
    CHECK(recall(table, queries, metric::Metric::euclidean, 96, {.code_bits = bits}) >= 0.9);
}

TEST(rows_are_compared_by_bytes_where_no_vectors_are_kept) {
  const Table table = clustered(3'000, 40, 1);
  const Table queries = clustered(100, 40, 2);
  const auto kept = graph_of(table);
  for (const std::size_t bits : {std::size_t{2}, std::size_t{8}}) {
    const auto index = graph_of(table, metric::Metric::euclidean, {.code_bits = bits, .keep_vectors = false});
    index->searcher().verify({});
    CHECK(!index->searcher().keeps_vectors() && !index->file().has(storage::SectionId::vectors));
    CHECK(recall_of(index->searcher().search(queries.view(), request(10, 96)), true_answers(*kept, queries, 10), 10) >=
          0.9);
    CHECK(recall_of(index->searcher().search(queries.view(), request(10, index->searcher().effort().max)),
                    true_answers(*kept, queries, 10), 10) >= 0.95);
  }
}

TEST(few_dimensions_and_many) {
  for (const std::size_t dims : std::vector<std::size_t>{1, 2, 3, 31, 33, 500}) {
    const Table table = clustered(700, dims, 1);
    CHECK(recall(table, clustered(50, dims, 2), metric::Metric::euclidean, 100) >= 0.9);
  }
}

TEST(few_rows) {
  for (const std::size_t rows : std::vector<std::size_t>{1, 2, 3, 17, 33}) {
    const Table table = clustered(rows, 4, 1);
    const auto index = graph_of(table);
    index->searcher().verify({});
    const auto found = index->searcher().search(table.view(), request(rows, 8));
    for (std::size_t row = 0; row < rows; ++row) {
      CHECK_EQUAL(found[row].rows.size(), rows);
      CHECK_EQUAL(found[row].rows[0], row);
      CHECK_EQUAL(found[row].distances[0], 0.0f);
    }
  }
  CHECK(graph_of(Table{{}, 4})->searcher().search(clustered(1, 4, 1).view(), request(3, 8))[0].rows.empty());
}

TEST(equal_rows_are_found_together) {
  Table table = clustered(1'000, 8, 1);
  for (std::size_t row = 500; row < 1'000; ++row) table.copy_row(3, row);
  const auto index = graph_of(table);
  index->searcher().verify({});
  const auto found = index->searcher().search(Table{{table.row(3), table.row(3) + 8}, 8}.view(), request(200, 32));
  CHECK_EQUAL(found[0].rows.size(), 200);
  CHECK_EQUAL(found[0].rows[0], 3);
  for (std::size_t i = 1; i < 200; ++i) {
    CHECK_EQUAL(found[0].rows[i], 499 + i);
    CHECK_EQUAL(found[0].distances[i], 0.0f);
  }
  for (std::size_t row = 1; row < 1'000; ++row) table.copy_row(0, row);
  CHECK_EQUAL(graph_of(table)->searcher().search(table.view(), request(5, 8))[999].rows.size(), 5);
}

TEST(batches_and_single_queries_find_the_same) {
  const Table table = clustered(2'000, 16, 1);
  const Table queries = clustered(150, 16, 2);
  const auto index = graph_of(table);
  const auto together = index->searcher().search(queries.view(), request(10, 40, 2));
  for (std::size_t i = 0; i < queries.rows(); ++i) {
    const Table one{{queries.row(i), queries.row(i) + 16}, 16};
    CHECK(same(index->searcher().search(one.view(), request(10, 40)), {together[i]}));
  }
}

TEST(threads_do_not_change_the_file) {
  const Table table = clustered(3'000, 12, 1);
  CHECK(same_file(*graph_of(table, metric::Metric::cosine, {}, 1), *graph_of(table, metric::Metric::cosine, {}, 3)));
}

TEST(absent_rows_are_not_found_and_lead_nowhere) {
  const Table table = clustered(2'000, 24, 1);
  const auto index = graph_of(table);
  std::vector<std::vector<std::uint32_t>> own;
  for (std::uint32_t row = 0; row < table.rows(); ++row) own.push_back({row});
  const index::ExcludedRows absent(own);
  index::Request asked = request(11, 14);
  const auto truth = true_answers(*index, table, 11);
  const double usual = recall_of(index->searcher().search(table.view(), asked), truth, 11);
  asked.absent = &absent;
  const auto found = index->searcher().search(table.view(), asked);
  CASE("recall ", usual, ", ", recall_of(found, truth, 11));
  CHECK(recall_of(found, truth, 11) < usual - 1.0 / 12);
  for (std::uint32_t row = 0; row < table.rows(); ++row)
    CHECK(std::ranges::find(found[row].rows, row) == found[row].rows.end());
}

TEST(walks_wide_enough_find_every_row) {
  const Table table = clustered(300, 4, 1, 1'000);
  const auto index = graph_of(table);
  const index::ExcludedRows absent(std::vector<std::uint32_t>{1, 5, 100});
  index::Request asked = request(297, 300);
  asked.absent = &absent;
  for (const index::SearchResult& result : index->searcher().search(table.view(), asked))
    CHECK_EQUAL(result.rows.size(), 297);
}

TEST(options_are_checked) {
  const Table table = clustered(40, 4, 1);
  CHECK_THROWS(graph_of(table, metric::Metric::euclidean, {.degree = 20}), InvalidInputError);
  CHECK_THROWS(graph_of(table, metric::Metric::euclidean, {.degree = 144}), InvalidInputError);
  CHECK_THROWS(graph_of(table, metric::Metric::euclidean, {.alpha = 0.5}), InvalidInputError);
  CHECK_THROWS(graph_of(table, metric::Metric::euclidean, {.code_bits = 3}), InvalidInputError);
  CHECK_THROWS(graph_of(table, metric::Metric::jaccard), InvalidInputError);
  CHECK_THROWS(graph_of(table, metric::Metric::manhattan, {.keep_vectors = false}), InvalidInputError);
}

}  // namespace
