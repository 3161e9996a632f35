// A forest from building to results: the same file for any number of threads, true distances, no row twice, the exact
// result with the largest effort, and many threads searching at once.
#include "index/forest/forest.h"

#include <atomic>
#include <set>
#include <thread>

#include "base/convert.h"
#include "base/error.h"
#include "check.h"
#include "index/calibration/measure.h"
#include "index/exact/exact.h"
#include "index/fixtures.h"
#include "storage/writer.h"

using namespace nearabout;
using namespace nearabout::forest;
using namespace nearabout::test;
using index::SearchResult;
using index::StoredIndex;
using metric::Metric;

namespace {

constexpr Metric kMetrics[] = {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot, Metric::manhattan};

std::shared_ptr<const StoredIndex> forest(const Table& vectors, Metric metric, const ForestOptions& options,
                                          std::size_t threads = 2) {
  const index::ValidatedRows source(vectors.view(), Element::f32, metric, index::InvalidRows::refuse, threads, {});
  storage::Writer writer = storage::Writer::to_memory();
  write_forest(writer, source, options, "{}", {.threads = threads}, {});
  calibration::measure(writer, source, {}, {.threads = threads}, {});
  return StoredIndex::open(writer.finish());
}

std::shared_ptr<const StoredIndex> exact(const Table& vectors, Metric metric) {
  const index::ValidatedRows source(vectors.view(), Element::f32, metric, index::InvalidRows::refuse, 2, {});
  storage::Writer writer = storage::Writer::to_memory();
  exact::write_exact(writer, source, {}, "{}", {.threads = 2}, {});
  return StoredIndex::open(writer.finish());
}

// Checks k different rows, nearest first, with the distances that an exact index returns; returns the fraction of true
// ones.
double check_answers(const std::vector<SearchResult>& found, const std::vector<SearchResult>& all, std::size_t k) {
  std::size_t right = 0;
  for (std::size_t q = 0; q < found.size(); ++q) {
    const SearchResult& result = found[q];
    CHECK(result.rows.size() == k && result.distances.size() == k);
    CHECK_EQUAL(std::set<std::uint32_t>(result.rows.begin(), result.rows.end()).size(), k);
    CHECK(std::is_sorted(result.distances.begin(), result.distances.end()));
    for (std::size_t i = 0; i < result.rows.size(); ++i) {
      const auto place = std::find(all[q].rows.begin(), all[q].rows.end(), result.rows[i]) - all[q].rows.begin();
      CHECK(static_cast<std::size_t>(place) < all[q].rows.size());
      CHECK_EQUAL(result.distances[i], all[q].distances[static_cast<std::size_t>(place)]);
      right += static_cast<std::size_t>(place) < k ? 1 : 0;
    }
  }
  return static_cast<double>(right) / static_cast<double>(k * found.size());
}

TEST(answers_are_rows_with_their_distances) {
  const Table base = clustered(3'000, 24, 1, 3);
  const Table queries = clustered(40, 24, 2, 3);
  for (const Metric metric : kMetrics) {
    const std::vector<SearchResult> all = exact(base, metric)->searcher().search(queries.view(), request(3'000));
    for (const std::size_t trees : {1u, 5u}) {
      const std::shared_ptr<const StoredIndex> index = forest(base, metric, {trees, 20, 3});
      CHECK(same(index->searcher().search(queries.view(), request(10, 3'000)),
                 exact(base, metric)->searcher().search(queries.view(), request(10))));
      double before = 0;
      for (const std::size_t effort : {1u, 60u, 400u, 1'500u}) {
        const double recall = check_answers(index->searcher().search(queries.view(), request(10, effort)), all, 10);
        CHECK(recall >= before - 0.02);
        before = recall;
      }
      CHECK(before >= 0.97);
      CHECK(check_answers(index->searcher().search(queries.view(), request(10)), all, 10) >= 0.9);
      check_answers(index->searcher().search(queries.view(), request(200, 1)), all, 200);  // more than the effort
    }
  }
}

TEST(equal_rows_are_never_given_twice) {
  Table base = clustered(40, 6, 3, 3);
  for (int copy = 0; copy < 5; ++copy) base.values.insert(base.values.end(), base.values.begin(), base.values.end());
  const Table queries = clustered(20, 6, 4, 3);
  const std::size_t rows = base.rows();
  const std::vector<SearchResult> all =
      exact(base, Metric::euclidean)->searcher().search(queries.view(), request(rows));
  for (const std::size_t trees : {1u, 3u, 200u})
    for (const std::size_t effort : {1u, 50u, 300u}) {
      const auto index = forest(base, Metric::euclidean, {trees, 7, 1});
      check_answers(index->searcher().search(queries.view(), request(40, effort)), all, 40);
    }
}

TEST(few_rows_and_many_trees) {
  for (const std::size_t rows : {0u, 1u, 2u, 3u, 9u})
    for (const std::size_t trees : {1u, 50u})
      for (const std::size_t leaf_size : {1u, 48u}) {
        Table base = clustered(rows, 5, 5, 3);
        const std::shared_ptr<const StoredIndex> index = forest(base, Metric::sqeuclidean, {trees, leaf_size, 1});
        const Table queries = clustered(7, 5, 6, 3);
        const std::vector<SearchResult> all =
            exact(base, Metric::sqeuclidean)->searcher().search(queries.view(), request(10));
        CHECK(same(index->searcher().search(queries.view(), request(10)), all));
        for (const SearchResult& result : index->searcher().search(queries.view(), request(1, 1)))
          CHECK_EQUAL(result.rows.size(), std::min<std::size_t>(rows, 1));
      }
}

TEST(threads_make_the_same_file) {
  const Table base = clustered(9'000, 40, 7, 3);
  const auto bytes_at = [&](std::size_t threads, std::uint64_t seed) {
    const auto index = forest(base, Metric::cosine, {3, 10, seed}, threads);
    const std::span<const std::byte> bytes = index->file().bytes();
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  const std::vector<std::byte> one = bytes_at(1, 5);
  for (const std::size_t threads : {2u, 3u, 4u}) CHECK_EQUAL(bytes_at(threads, 5), one);
  CHECK(bytes_at(2, 6) != one);
}

// The conditions for a race: blocks verified when first read, work space of each thread, groups of leaves.
TEST(many_threads_one_answer) {
  const Table base = clustered(9'000, 12, 8, 3);
  const Table queries = clustered(200, 12, 9, 3);
  const auto fresh = [&] { return forest(base, Metric::euclidean, {2, 4, 1}); };
  CHECK_EQUAL(dynamic_cast<const ForestIndex&>(fresh()->searcher()).layout().trees, 2u);
  const std::vector<SearchResult> expected = fresh()->searcher().search(queries.view(), request(10, 300));
  const std::shared_ptr<const StoredIndex> index = fresh();  // of which nothing was read yet
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t round = 0; round < 3; ++round)
        if (!same(index->searcher().search(queries.view(), request(10, 300, 1 + (t + round) % 3)), expected)) ++wrong;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK_EQUAL(wrong.load(), 0);
}

TEST(invalid_forest_options_are_refused) {
  const Table base = clustered(10, 2, 10, 3);
  CHECK_THROWS(forest(base, Metric::haversine, {}), InvalidInputError);
  CHECK_THROWS(forest(base, Metric::euclidean, {0, 48, 0}), InvalidInputError);
  CHECK_THROWS(forest(base, Metric::euclidean, {kMaxTrees + 1, 48, 0}), InvalidInputError);
  CHECK_THROWS(forest(base, Metric::euclidean, {1, 0, 0}), InvalidInputError);
  for (const Metric metric : kMetrics) CHECK(transform::search_space_of(metric).has_value());
  CHECK_EQUAL(transform::search_space_of(Metric::hamming), transform::CodeSpace::l2);
  CHECK(!transform::search_space_of(Metric::jaccard) && !transform::search_space_of(Metric::haversine));
}

TEST(bits_are_unpacked_from_the_lowest) {
  const std::byte packed[] = {std::byte{0b1010'0101}, std::byte{0b10}};
  const float expected[] = {1, 0, 1, 0, 0, 1, 0, 1, 0, 1};
  float found[10];
  to_f32(Element::bits, packed, 10, found);
  CHECK(std::equal(std::begin(found), std::end(found), std::begin(expected)));
}

}  // namespace
