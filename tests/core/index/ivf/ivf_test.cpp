// Lists of codes from building to results: the same file for any number of threads, true distances, no row twice, most
// of the true neighbours, one by one as in a batch, and many threads searching at once.
#include "index/ivf/ivf.h"

#include <atomic>
#include <cmath>
#include <cstdio>
#include <random>
#include <set>
#include <thread>

#include "base/error.h"
#include "check.h"
#include "index/calibration/measure.h"
#include "index/ivf/groups.h"
#include "index/search_stats.h"
#include "storage/writer.h"

using namespace nearabout;

namespace {

struct Vectors {
  std::vector<float> values;
  std::size_t dims;
  std::size_t rows() const { return values.size() / dims; }
  MatrixView view() const {
    return {std::as_bytes(std::span(values)).data(), rows(), dims, dims * sizeof(float), Element::f32};
  }
};

Vectors clustered(std::size_t rows, std::size_t dims, unsigned seed) {
  std::mt19937 fixed(77);  // the same centres for rows and for queries
  std::mt19937 random(seed);
  std::normal_distribution<float> bell;
  std::vector<float> centres(30 * dims);
  for (float& value : centres) value = 3 * bell(fixed);
  Vectors vectors{std::vector<float>(rows * dims), dims};
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t centre = random() % 30;
    for (std::size_t j = 0; j < dims; ++j) vectors.values[i * dims + j] = centres[centre * dims + j] + bell(random);
  }
  return vectors;
}

std::shared_ptr<const StoredIndex> lists(const Vectors& vectors, Metric metric, const IvfOptions& options,
                                         const BuildOptions& build = {.threads = 2}) {
  const ValidatedRows source(vectors.view(), Element::f32, metric, InvalidRows::refuse, build.threads, {});
  storage::Writer writer = storage::Writer::to_memory();
  write_ivf(writer, source, options, "{}", build, {});
  measure(writer, source, {}, build, {});
  return StoredIndex::open(writer.finish());
}

Request request(std::size_t k, std::optional<std::size_t> effort = {}, std::size_t threads = 1) {
  Request asked;
  asked.k = k;
  asked.effort = effort;
  asked.threads = threads;
  return asked;
}

Request exactly(std::size_t k) {
  Request asked = request(k);
  asked.exact = true;
  return asked;
}

bool same(const std::vector<SearchResult>& left, const std::vector<SearchResult>& right) {
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(),
      [](const SearchResult& a, const SearchResult& b) { return a.rows == b.rows && a.distances == b.distances; });
}

bool same_file(const StoredIndex& left, const StoredIndex& right) {
  const std::span<const std::byte> bytes = left.file().bytes();
  const std::span<const std::byte> others = right.file().bytes();
  return std::equal(bytes.begin(), bytes.end(), others.begin(), others.end());
}

double recall(const std::vector<SearchResult>& results, const std::vector<SearchResult>& truth) {
  std::size_t found = 0;
  std::size_t all = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const std::set<std::uint32_t> rows(results[i].rows.begin(), results[i].rows.end());
    CHECK(rows.size() == results[i].rows.size());
    for (const std::uint32_t row : truth[i].rows) found += rows.contains(row) ? 1u : 0u;
    all += truth[i].rows.size();
  }
  return static_cast<double>(found) / static_cast<double>(all);
}

void most_are_found(Metric metric, const IvfOptions& options) {
  const Vectors base = clustered(3'000, 24, 1);
  const Vectors queries = clustered(150, 24, 2);
  const auto index = lists(base, metric, options);
  const std::vector<SearchResult> truth = index->searcher().search(queries.view(), exactly(10));
  const std::vector<SearchResult> usual = index->searcher().search(queries.view(), request(10));
  const double found = recall(usual, truth);
  if (found < 0.9) std::printf("%s: recall %.3f\n", std::string(name_of(metric)).c_str(), found);
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

void threads_do_not_matter() {
  const Vectors base = clustered(2'000, 17, 4);
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
  const Vectors base = clustered(3'000, 24, 1);
  const Vectors queries = clustered(150, 24, 2);
  const IvfOptions options{.lists = 50, .refine = refine, .keep_vectors = false};
  const std::shared_ptr<const StoredIndex> index = lists(base, metric, options, {.threads = 1});
  CHECK(same_file(*index, *lists(base, metric, options, {.threads = 3})));
  // So little memory that scratch files are used.
  const BuildOptions little{.threads = 2, .memory = 20'000, .path = "codes_in_place_of_vectors.near"};
  CHECK(same_file(*index, *lists(base, metric, options, little)));
  CHECK(dynamic_cast<const IvfIndex&>(index->searcher()).distance_source() ==
        (refine ? DistanceSource::int8 : DistanceSource::codes_alone));
  const std::vector<SearchResult> truth = lists(base, metric, {})->searcher().search(queries.view(), exactly(10));
  const double found = recall(index->searcher().search(queries.view(), request(10)), truth);
  const double expected = index->searcher().expected(10, index->searcher().default_effort(10))->recall;
  if (std::abs(found - expected) > 0.06)
    std::printf("%s: recall %.3f, %.3f expected\n", std::string(name_of(metric)).c_str(), found, expected);
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
  const Vectors base = clustered(2'000, 16, 5);
  const auto index = lists(base, Metric::euclidean, options);
  const std::vector<SearchResult> expected = index->searcher().search(base.view(), request(5, 6));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      SearchStats stats;
      Request asked = request(5, 6, 2);
      asked.stats = &stats;
      if (!same(index->searcher().search(base.view(), asked), expected) ||
          stats.counts.at(0) != std::pair<std::string_view, std::uint64_t>{"queries", base.rows()})
        ++wrong;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

void lists_are_many() {
  const Vectors base = clustered(9'000, 8, 6);
  const auto index = lists(base, Metric::euclidean, {.lists = kManyLists});
  const Vectors queries = clustered(100, 8, 7);
  const std::vector<SearchResult> truth = index->searcher().search(queries.view(), exactly(10));
  CHECK(recall(index->searcher().search(queries.view(), request(10, 400)), truth) >= 0.9);
  index->verify();
  const auto small = lists(base, Metric::euclidean, {.lists = kManyLists, .refine = false, .keep_vectors = false});
  for (const SearchResult& result : small->searcher().search(queries.view(), request(9'000, kManyLists)))
    CHECK(std::set<std::uint32_t>(result.rows.begin(), result.rows.end()).size() == 9'000);
}

}  // namespace

int main() {
  for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot}) {
    most_are_found(metric, {.lists = 50});
    most_are_found(metric, {.lists = 30, .code_bytes = 8, .code_bits = 2});
  }
  for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot})
    for (const bool refine : {true, false}) codes_in_place_of_vectors(metric, refine);
  threads_do_not_matter();
  many_threads_search_at_once({.lists = 40});
  many_threads_search_at_once({.lists = 40, .keep_vectors = false});
  many_threads_search_at_once({.lists = 40, .refine = false, .keep_vectors = false});
  lists_are_many();
  return test::report("ivf_index");
}
