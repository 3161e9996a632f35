// Scans of codes find the rows that a slow count of bits finds, tables those of their buckets; results are those of the
// exact search among these rows, and buckets are probed in the order of their scores.
#include "index/lsh/lsh.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "check.h"
#include "index/calibration/measure.h"
#include "index/fixtures.h"

using namespace nearabout;
using namespace nearabout::index;
using namespace nearabout::lsh;
using namespace nearabout::test;
using metric::Metric;

namespace {

ValidatedRows rows_of(const Table& table, Metric metric = Metric::euclidean) {
  return {table.view(), Element::f32, metric, InvalidRows::refuse, 1, {}};
}

std::shared_ptr<const StoredIndex> build(const ValidatedRows& source, const LshOptions& options,
                                         std::size_t threads = 2) {
  return built([&](storage::Writer& writer) { write_lsh(writer, source, options, "{}", {.threads = threads}, {}); });
}

const LshLayout& layout_of(const StoredIndex& index) {
  return dynamic_cast<const LshIndex&>(index.searcher()).layout();
}

std::uint64_t word_of(const LshLayout& layout, std::size_t row, std::size_t word) {
  const std::size_t rows = kernels::kCodeRows;
  return layout.codes->all<std::uint64_t>()[row / rows * rows * layout.words() + word * rows + row % rows];
}

// Returns the rows with the fewest bits that differ from the code of a query, which is row `query` of the index.
std::set<std::uint32_t> nearest_codes(const LshLayout& layout, std::size_t query, std::size_t count) {
  std::vector<std::pair<int, std::uint32_t>> order;
  for (std::uint32_t row = 0; row < layout.row_count(); ++row) {
    int bits = 0;
    for (std::size_t w = 0; w < layout.words(); ++w)
      bits += std::popcount(word_of(layout, row, w) ^ word_of(layout, query, w));
    order.emplace_back(bits, row);
  }
  std::sort(order.begin(), order.end());
  std::set<std::uint32_t> rows;
  for (std::size_t i = 0; i < count; ++i) rows.insert(order[i].second);
  return rows;
}

TEST(scans_compare_the_rows_with_the_nearest_codes) {
  const Table table = clustered(1'003, 20, 1);
  for (const Metric metric : {Metric::euclidean, Metric::cosine})
    for (const char* hashing : {"hyperplanes", "itq"})
      for (const std::size_t bits : {5u, 64u, 200u}) {
        const ValidatedRows source = rows_of(table, metric);
        const auto index = build(source, {.hashing = hashing, .bits = bits});
        const LshLayout& layout = layout_of(*index);
        for (const std::size_t effort : {1u, 30u, 400u}) {
          const std::vector<SearchResult> found = index->searcher().search(table.view(), request(3, effort));
          const std::vector<SearchResult> everything = index->searcher().search(table.view(), exactly(1'003));
          for (const std::size_t row : {0u, 1u, 500u, 1'002u}) {
            const std::set<std::uint32_t> near = nearest_codes(layout, row, std::max(effort, kMinCompared));
            std::vector<std::uint32_t> expected;
            for (const std::uint32_t one : everything[row].rows)
              if (near.contains(one) && expected.size() < 3) expected.push_back(one);
            CHECK(found[row].rows == expected);
            CHECK_EQUAL(found[row].effort, static_cast<std::int64_t>(near.size()));
          }
        }
      }
}

TEST(all_efforts_are_all_rows) {
  const Table table = clustered(700, 12, 2);
  const Table queries = clustered(30, 12, 3);
  for (const LshOptions& options : {LshOptions{.bits = 32}, LshOptions{.bits = 6, .tables = 4}}) {
    const auto index = build(rows_of(table), options);
    const std::vector<SearchResult> truth = true_answers(*index, queries, 10);
    CHECK(same(index->searcher().search(queries.view(), request(10, 700)), truth));
    // Nearly all rows, by their codes or from their buckets.
    CHECK(recall_of(index->searcher().search(queries.view(), request(10, 690)), truth, 10) > 0.98);
    // Queries far from all rows, and buckets that are empty: there are always as many results as asked for.
    Table far = queries;
    for (float& value : far.values) value = 100 * value + 1'000;
    for (const SearchResult& result : index->searcher().search(far.view(), request(50, 1)))
      CHECK_EQUAL(result.rows.size(), std::size_t{50});
  }
}

TEST(batches_threads_and_single_queries_find_the_same) {
  const Table table = clustered(2'000, 16, 4);
  const Table queries = clustered(100, 16, 5);
  for (const LshOptions& options : {LshOptions{.bits = 128}, LshOptions{.bits = 8, .tables = 6}}) {
    const auto index = build(rows_of(table, Metric::dot), options, 1);
    CHECK(same_file(*index, *build(rows_of(table, Metric::dot), options, 3)));
    const std::vector<SearchResult> batch = index->searcher().search(queries.view(), request(10, 60, 3));
    for (std::size_t i = 0; i < queries.rows(); ++i) {
      const MatrixView one{queries.view().row(i), 1, 16, 16 * sizeof(float), Element::f32};
      CHECK(same(index->searcher().search(one, request(10, 60)), {batch[i]}));
    }
  }
}

// Sets of changed bits come once each, with scores that never fall.
TEST(probes_come_in_order) {
  const Table table = clustered(300, 8, 6);
  const auto index = build(rows_of(table), {.bits = 5, .tables = 3});
  const LshLayout& layout = layout_of(*index);
  QueryCodes queries(layout);
  queries.bind(table.view(), 10, 12);
  Probes probes;
  probes.start(queries, 1, 3, 5);
  std::set<std::pair<std::size_t, std::uint32_t>> seen;
  double before = 0;
  for (Probe probe{}; probes.next(probe);) {
    CHECK(seen.emplace(probe.table, probe.key).second);
    double score = 0;
    const std::uint32_t changed = probe.key ^ queries.key(1, probe.table * 5, 5);
    for (std::size_t b = 0; b < 5; ++b)
      if ((changed >> b & 1) != 0) score += std::pow(double{queries.margin(1, probe.table * 5 + b)}, 2);
    CHECK(score >= before - 1e-9 * (1 + before));
    before = score;
  }
  CHECK_EQUAL(seen.size(), std::size_t{3 * 32});
}

// A row that is a query is in its own bucket of every table.
TEST(tables_find_rows_by_their_own_keys) {
  const Table table = clustered(800, 10, 7);
  const auto index = build(rows_of(table), {.bits = 10, .tables = 5});
  const std::vector<SearchResult> found = index->searcher().search(table.view(), request(1, 40));
  std::size_t themselves = 0;
  for (std::uint32_t row = 0; row < 800; ++row) themselves += found[row].rows[0] == row ? 1u : 0u;
  CHECK(themselves >= 799);
  index->verify();
  SearchStats stats;
  Request asked = request(1, 40);
  asked.stats = &stats;
  (void)index->searcher().search(table.view(), asked);
  std::map<std::string_view, std::uint64_t> counts(stats.counts.begin(), stats.counts.end());
  CHECK_EQUAL(counts["queries"], std::uint64_t{800});
  CHECK(counts["buckets"] >= 800 && counts["compared"] >= 800);
}

TEST(bits_of_all_positions_are_exact) {
  std::mt19937 random(8);
  std::vector<std::byte> bytes(500 * 9);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for (std::size_t i = 8; i < bytes.size(); i += 9) bytes[i] &= std::byte{0x3f};
  const MatrixView view{bytes.data(), 500, 70, 9, Element::bits};
  const ValidatedRows source(view, Element::bits, Metric::hamming, InvalidRows::refuse, 1, {});
  const auto index = build(source, {});
  CHECK(layout_of(*index).settings.hashing == Hashing::bits);
  CHECK_EQUAL(layout_of(*index).settings.bits, std::size_t{70});
  CHECK(same(index->searcher().search(view, request(7, 7)), index->searcher().search(view, exactly(7))));
}

TEST(settings_that_contradict_each_other_are_refused) {
  const Table table = clustered(50, 4, 9);
  const ValidatedRows source = rows_of(table);
  for (const LshOptions& options :
       {LshOptions{.hashing = "rotations"}, LshOptions{.hashing = "bits"}, LshOptions{.bits = 1'025},
        LshOptions{.bits = 33, .tables = 2}, LshOptions{.bits = 32, .tables = 64}, LshOptions{.tables = 65},
        LshOptions{.hashing = "itq", .tables = 2}})
    CHECK_THROWS(build(source, options), InvalidInputError);
  CHECK_THROWS(build(rows_of(table, Metric::manhattan), {}), InvalidInputError);
}

TEST(few_rows_have_an_index) {
  for (const std::size_t rows : {1u, 2u, 9u})
    for (const LshOptions& options : {LshOptions{}, LshOptions{.tables = 2}}) {
      const Table table = clustered(rows, 3, 10);
      const auto index = build(rows_of(table), options);
      index->verify();
      CHECK_EQUAL(index->searcher().search(table.view(), request(5))[0].rows.size(), std::min<std::size_t>(rows, 5));
    }
}

}  // namespace
