// A k-d tree as an index: results are those of a scan of all rows, on friendly and other data.
#include "index/kdtree/kdtree.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "check.h"
#include "index/calibration/measure.h"
#include "index/calibration/searched_profile.h"
#include "index/exact/exact.h"
#include "index/fixtures.h"
#include "index/kdtree/recall_profile.h"
#include "index/search_filter.h"

using namespace nearabout;
using namespace nearabout::test;
using metric::Metric;

namespace {

constexpr Metric kMetrics[] = {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::manhattan};

std::shared_ptr<const index::StoredIndex> tree_of(const Table& table, Metric metric = Metric::euclidean,
                                                  kdtree::KdTreeOptions options = {}, std::size_t threads = 2,
                                                  bool calibrate = false) {
  const index::ValidatedRows rows(table.view(), Element::f32, metric, index::InvalidRows::refuse, threads, {});
  return built([&](storage::Writer& writer) {
    kdtree::write_kdtree(writer, rows, options, "{}", {.threads = threads}, {});
    if (calibrate) calibration::measure(writer, rows, {}, {.threads = threads}, {});
  });
}

std::vector<index::SearchResult> scanned(const Table& table, const Table& queries, Metric metric,
                                         const index::Request& request) {
  const index::ValidatedRows rows(table.view(), Element::f32, metric, index::InvalidRows::refuse, 1, {});
  return built([&](storage::Writer& writer) { exact::write_exact(writer, rows, {}, "{}", {.threads = 1}, {}); })
      ->searcher()
      .search(queries.view(), request);
}

void finds_what_a_scan_finds(const Table& table, const Table& queries, Metric metric, std::size_t leaf_size = 16) {
  const auto index = tree_of(table, metric, {.leaf_size = leaf_size});
  index->searcher().verify({});
  for (const std::size_t k : {std::size_t{1}, std::size_t{10}, std::size_t{40}, table.rows()}) {
    CASE("metric ", name_of(metric), ", ", table.rows(), " rows of ", table.dims, " dims, k ", k);
    CHECK(same(index->searcher().search(queries.view(), request(k)), scanned(table, queries, metric, request(k))));
  }
  index::Request within = request(table.rows());
  const std::vector<float> distances = scanned(table, queries, metric, request(7))[0].distances;
  for (const float distance : distances) {
    within.radius = double{distance};
    CHECK(same(index->searcher().search(queries.view(), within), scanned(table, queries, metric, within)));
  }
}

TEST(any_dimensions_and_leaves) {
  for (const std::size_t dims : {1u, 2u, 3u, 8u, 20u, 70u})
    for (const Metric metric : kMetrics)
      finds_what_a_scan_finds(clustered(600, dims, 1), clustered(8, dims, 2), metric, dims == 3 ? 48 : 16);
}

TEST(few_rows) {
  for (const std::size_t rows : {1u, 2u, 15u, 16u, 17u, 257u})
    finds_what_a_scan_finds(clustered(rows, 3, 1), clustered(5, 3, 2), Metric::euclidean);
  CHECK(tree_of(Table{{}, 4})->searcher().search(clustered(1, 4, 1).view(), request(3))[0].rows.empty());
}

TEST(ties_and_copies) {
  for (const Metric metric : {Metric::euclidean, Metric::manhattan}) {
    Table table = whole_numbers(2'000, 2, 3);
    for (std::size_t row = 1'000; row < 1'500; ++row) table.copy_row(7, row);
    finds_what_a_scan_finds(table, whole_numbers(20, 2, 4), metric);
  }
  Table equal = clustered(800, 2, 1);
  for (std::size_t row = 1; row < 800; ++row) equal.copy_row(0, row);
  finds_what_a_scan_finds(equal, clustered(3, 2, 2), Metric::euclidean);
}

TEST(lines_and_constant_dimensions) {
  Table line = clustered(1'000, 3, 1);
  for (std::size_t i = 0; i < 1'000; ++i) {
    line.row(i)[1] = line.row(i)[0] * 2;
    line.row(i)[2] = -4;
  }
  finds_what_a_scan_finds(line, clustered(20, 3, 2), Metric::euclidean);
  finds_what_a_scan_finds(line, clustered(20, 3, 2), Metric::cosine);
}

// Squares of such numbers, or of their differences, do not fit in float32.
TEST(huge_and_tiny_numbers) {
  for (const float factor : {1e-44f, 1e-38f, 1e-20f, 1e15f, 1e19f, 1e37f})
    for (const Metric metric : kMetrics) {
      Table table = clustered(500, 3, 1);
      Table queries = clustered(10, 3, 2);
      for (float& value : table.values) value *= factor;
      for (float& value : queries.values) value *= factor;
      if (metric == Metric::cosine && factor < 1e-40f) continue;  // zero vectors
      finds_what_a_scan_finds(table, queries, metric);
    }
}

TEST(rows_that_hardly_differ_far_from_the_origin) {
  Table table = clustered(1'000, 3, 1);
  for (float& value : table.values) value = 1e4f + 1e-3f * value;
  for (const Metric metric : kMetrics) finds_what_a_scan_finds(table, table, metric);
}

TEST(queries_far_away) {
  const Table table = clustered(500, 2, 1);
  const Table far{{1e10f, 1e10f, -3e38f, 3e38f, 1e25f, 0, 1, 1}, 2};
  for (const Metric metric : kMetrics) finds_what_a_scan_finds(table, far, metric);
}

TEST(places) {
  Table table{std::vector<float>(3'000 * 2), 2};
  std::mt19937 random(5);
  for (std::size_t i = 0; i < 3'000; ++i) {
    table.row(i)[0] = std::uniform_real_distribution<float>(-90, 90)(random);
    table.row(i)[1] = std::uniform_real_distribution<float>(-180, 180)(random);
  }
  Table queries{{90, 0, -90, 77, 0, 180, 0, -180, 10, 179.999f, 52, 13}, 2};
  for (std::size_t i = 0; i < 20; ++i) {  // and the antipodes of rows
    queries.values.push_back(-table.row(i)[0]);
    queries.values.push_back(table.row(i)[1] + 180);
  }
  finds_what_a_scan_finds(table, queries, Metric::haversine);
}

TEST(threads_do_not_change_the_file) {
  const Table table = clustered(3'000, 5, 1);
  CHECK(same_file(*tree_of(table, Metric::cosine, {}, 1, true), *tree_of(table, Metric::cosine, {}, 3, true)));
}

TEST(distances_are_within_epsilon) {
  const Table table = clustered(4'000, 8, 1);
  const Table queries = clustered(100, 8, 2);
  for (const Metric metric : kMetrics)
    for (const double epsilon : {0.1, 1.0}) {
      const auto index = tree_of(table, metric, {.epsilon = epsilon});
      const auto found = index->searcher().search(queries.view(), request(10));
      const auto truth = true_answers(*index, queries, 10);
      CHECK(same(truth, scanned(table, queries, metric, request(10))));
      for (std::size_t i = 0; i < found.size(); ++i)
        for (std::size_t n = 0; n < 10; ++n)
          CHECK(double{found[i].distances[n]} <= (1 + epsilon) * double{truth[i].distances[n]} * (1 + 1e-6));
      CHECK(found[0].effort == static_cast<std::int64_t>(index->searcher().effort().max) - 1);
      CHECK(epsilon < 1 || !same(found, truth));
    }
}

TEST(the_profile_is_that_of_searches) {
  const Table table = clustered(6'000, 10, 1);
  const auto index = tree_of(table);
  calibration::CalibrationQueries queries =
      calibration::sample_calibration_queries({}, table.reader(), table.rows(), table.dims, 1);
  const auto& tree = dynamic_cast<const kdtree::KdTreeIndex&>(index->searcher());
  const auto exact = index->searcher().search(
      MatrixView{std::as_bytes(std::span(queries.vectors)).data(), queries.count(), 10, 40, Element::f32},
      exactly(101));
  for (std::size_t i = 0; i < queries.count(); ++i) {
    std::vector<Neighbour> found;
    for (std::size_t n = 1; n < exact[i].rows.size(); ++n) found.push_back({exact[i].distances[n], exact[i].rows[n]});
    queries.take_found(i, found, 1, 1, 0);
  }
  const kdtree::KdTreeRecallProfile profile(tree, queries, {}, {});
  const calibration::SearchedProfile searched(tree, queries, {}, {});
  for (const std::size_t k : {1u, 10u, 100u})
    for (const std::size_t effort : searched.efforts())
      if (effort > tree.least_effort(k)) CHECK(profile.found(k, effort) == searched.found(k, effort));
}

TEST(efforts_and_recalls) {
  const Table table = clustered(20'000, 16, 1);
  const Table queries = clustered(200, 16, 2);
  const auto index = tree_of(table, Metric::euclidean, {}, 2, true);
  const auto truth = true_answers(*index, queries, 10);
  double before = 0;
  for (const std::size_t effort : {1u, 10u, 100u, 1'000u}) {
    const double recall = recall_of(index->searcher().search(queries.view(), request(10, effort)), truth, 10);
    CHECK(recall >= before);
    before = recall;
  }
  index::Request asked = request(10);
  for (const double recall : {0.8, 0.95, 1.0}) {
    asked.recall = recall;
    CHECK(recall_of(index->searcher().search(queries.view(), asked), truth, 10) >= recall - 0.02);
  }
}

TEST(filters_skip_what_is_not_allowed) {
  const Table table = clustered(5'000, 3, 1);
  const Table queries = clustered(20, 3, 2);
  const auto index = tree_of(table);
  for (const std::size_t step : {2u, 20u, 400u}) {
    index::RowFilter rows(table.rows());
    for (std::size_t row = 0; row < table.rows(); row += step) rows.allow(row);
    const index::SearchFilter filter(index->searcher(), rows);
    index::Request asked = request(10);
    asked.filter = &filter;
    const auto found = index->searcher().search(queries.view(), asked);
    const auto all = true_answers(*index, queries, table.rows());
    for (std::size_t i = 0; i < found.size(); ++i) {
      std::vector<std::uint32_t> wanted;
      for (const std::uint32_t row : all[i].rows)
        if (row % step == 0 && wanted.size() < 10) wanted.push_back(row);
      CHECK(found[i].rows == wanted);
    }
  }
}

TEST(options_are_checked) {
  const Table table = clustered(40, 4, 1);
  CHECK_THROWS(tree_of(table, Metric::euclidean, {.leaf_size = 0}), InvalidInputError);
  CHECK_THROWS(tree_of(table, Metric::euclidean, {.leaf_size = 20}), InvalidInputError);
  CHECK_THROWS(tree_of(table, Metric::euclidean, {.leaf_size = 2'048}), InvalidInputError);
  CHECK_THROWS(tree_of(table, Metric::euclidean, {.epsilon = -1}), InvalidInputError);
  CHECK_THROWS(tree_of(table, Metric::dot), InvalidInputError);
}

}  // namespace
