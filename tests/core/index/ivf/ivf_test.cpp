// Lists of codes from building to results: the same file for any number of threads, true distances, no row twice, most
// of the true neighbours, one by one as in a batch, and many threads searching at once.
#include "index/ivf/ivf.h"

#include <atomic>
#include <cmath>
#include <set>
#include <thread>

#include "base/error.h"
#include "check.h"
#include "index/calibration/measure.h"
#include "index/fixtures.h"
#include "index/ivf/groups.h"
#include "index/search_stats.h"
#include "storage/writer.h"

using namespace nearabout;
using namespace nearabout::ivf;
using namespace nearabout::test;
using index::SearchResult;
using metric::Metric;

namespace {

std::shared_ptr<const index::StoredIndex> lists(const Table& vectors, Metric metric, const IvfOptions& options,
                                                const index::BuildOptions& build = {.threads = 2}) {
  const index::ValidatedRows source(vectors.view(), Element::f32, metric, index::InvalidRows::refuse, build.threads,
                                    {});
  storage::Writer writer = storage::Writer::to_memory();
  write_ivf(writer, source, options, "{}", build, {});
  calibration::measure(writer, source, {}, build, {});
  return index::StoredIndex::open(writer.finish());
}

double recall(const std::vector<SearchResult>& results, const std::vector<SearchResult>& truth) {
  std::size_t found = 0;
  std::size_t all = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const std::set<std::uint32_t> rows(results[i].rows.begin(), results[i].rows.end());
    CHECK_EQUAL(rows.size(), results[i].rows.size());
    for (const std::uint32_t row : truth[i].rows) found += rows.contains(row) ? 1u : 0u;
    all += truth[i].rows.size();
  }
  return static_cast<double>(found) / static_cast<double>(all);
}

void most_are_found(Metric metric, const IvfOptions& options) {
  const Table base = clustered(3'000, 24, 1, 3);
  const Table queries = clustered(150, 24, 2, 3);
  const auto index = lists(base, metric, options);
  const std::vector<SearchResult> truth = index->searcher().search(queries.view(), exactly(10));
  const std::vector<SearchResult> usual = index->searcher().search(queries.view(), request(10));
  const double found = recall(usual, truth);
  CASE(name_of(metric), ", recall ", found);
  CHECK(found >= 0.9);
  const std::size_t more = 4 * index->searcher().default_effort(10).value_or(options.lists);
  CHECK(recall(index->searcher().search(queries.view(), request(10, more)), truth) >= found);
  CHECK(
      same(index->searcher().search(queries.view(), request(10, options.lists)), truth));  // all lists: the exact scan
  CHECK(same(index->searcher().search(queries.view(), request(10, {}, 2)), usual));
  const MatrixView view = queries.view();
  for (std::size_t i = 0; i < 20; ++i) {
    const std::vector<SearchResult> one =
        index->searcher().search({view.row(i), 1, view.dims, view.stride, view.element}, request(10));
    CHECK(recall(one, {usual[i]}) >= 0.9);  // a row or two may be kept in a batch that are not kept alone
  }
  index->verify();
}

TEST(threads_do_not_matter) {
  const Table base = clustered(2'000, 17, 4, 3);
  const auto projection = [&](std::size_t threads, std::uint64_t seed) {
    const auto index = lists(base, Metric::cosine, {.lists = 40, .seed = seed}, {.threads = threads});
    const auto bytes = index->file().bytes();
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  const std::vector<std::byte> one = projection(1, 0);
  CHECK(projection(2, 0) == one && projection(3, 0) == one);
  CHECK(projection(1, 1) != one);
}

// Codes stored instead of vectors: the same file for any number of threads, and the measured recall.
void codes_in_place_of_vectors(Metric metric, bool refine) {
  const Table base = clustered(3'000, 24, 1, 3);
  const Table queries = clustered(150, 24, 2, 3);
  const IvfOptions options{.lists = 50, .refine = refine, .keep_vectors = false};
  const std::shared_ptr<const index::StoredIndex> index = lists(base, metric, options, {.threads = 1});
  CHECK(same_file(*index, *lists(base, metric, options, {.threads = 3})));
  // So little memory that scratch files are used.
  const index::BuildOptions little{.threads = 2, .memory = 20'000, .path = "codes_in_place_of_vectors.near"};
  CHECK(same_file(*index, *lists(base, metric, options, little)));
  CHECK_EQUAL(dynamic_cast<const IvfIndex&>(index->searcher()).distance_source(),
              (refine ? index::DistanceSource::int8 : index::DistanceSource::codes_alone));
  const std::vector<SearchResult> truth = lists(base, metric, {})->searcher().search(queries.view(), exactly(10));
  const double found = recall(index->searcher().search(queries.view(), request(10)), truth);
  const double expected = index->searcher().expected(10, index->searcher().default_effort(10))->recall;
  CASE(name_of(metric), ", recall ", found, ", expected ", expected);
  CHECK(std::abs(found - expected) <= 0.06);
  CHECK(same(index->searcher().search(queries.view(), request(10, 50)),
             index->searcher().search(queries.view(), request(10, 80, 3))));
  CHECK_THROWS(index->searcher().search(queries.view(), exactly(10)), InvalidInputError);
  std::vector<float> copied(24);
  if (refine)
    index->searcher().copy_vectors({7}, std::as_writable_bytes(std::span(copied)).data());
  else
    CHECK_THROWS((index->searcher().copy_vectors({7}, nullptr), 0), InvalidInputError);
  for (std::size_t j = 0; refine && metric != Metric::cosine && j < 24; ++j)
    CHECK(std::abs(copied[j] - base.values[7 * 24 + j]) < 0.1f);
  index->verify();
}

void many_threads_search_at_once(const IvfOptions& options) {
  const Table base = clustered(2'000, 16, 5, 3);
  const auto index = lists(base, Metric::euclidean, options);
  const std::vector<SearchResult> expected = index->searcher().search(base.view(), request(5, 6));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      index::SearchStats stats;
      index::Request asked = request(5, 6, 2);
      asked.stats = &stats;
      if (!same(index->searcher().search(base.view(), asked), expected) ||
          stats.counts.at(0) != std::pair<std::string_view, std::uint64_t>{"queries", base.rows()})
        ++wrong;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK_EQUAL(wrong.load(), 0);
}

TEST(lists_are_many) {
  const Table base = clustered(9'000, 8, 6, 3);
  const auto index = lists(base, Metric::euclidean, {.lists = kManyLists});
  const Table queries = clustered(100, 8, 7, 3);
  const std::vector<SearchResult> truth = index->searcher().search(queries.view(), exactly(10));
  CHECK(recall(index->searcher().search(queries.view(), request(10, 400)), truth) >= 0.9);
  index->verify();
  const auto small = lists(base, Metric::euclidean, {.lists = kManyLists, .refine = false, .keep_vectors = false});
  for (const SearchResult& result : small->searcher().search(queries.view(), request(9'000, kManyLists)))
    CHECK_EQUAL(std::set<std::uint32_t>(result.rows.begin(), result.rows.end()).size(), 9'000);
}

TEST(most_neighbours_are_found) {
  for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot}) {
    most_are_found(metric, {.lists = 50});
    most_are_found(metric, {.lists = 30, .code_bytes = 8, .code_bits = 2});
    most_are_found(metric, {.lists = 30, .code_bytes = 24, .code_bits = 8});
  }
}

TEST(codes_alone_find_what_was_measured) {
  for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot})
    for (const bool refine : {true, false}) codes_in_place_of_vectors(metric, refine);
}

TEST(threads_search_at_once) {
  many_threads_search_at_once({.lists = 40});
  many_threads_search_at_once({.lists = 40, .keep_vectors = false});
  many_threads_search_at_once({.lists = 40, .refine = false, .keep_vectors = false});
}

}  // namespace
