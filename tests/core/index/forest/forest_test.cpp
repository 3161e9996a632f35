// A forest from building to results: the same file for any number of threads, true distances, no row twice, the exact
// result with the largest effort, and many threads searching at once.
#include "index/forest/forest.h"

#include <atomic>
#include <cstdio>
#include <random>
#include <set>
#include <thread>

#include "base/convert.h"
#include "base/error.h"
#include "check.h"
#include "index/calibration/measure.h"
#include "index/exact/exact.h"
#include "storage/writer.h"

using namespace nearabout;

namespace {

constexpr Metric kMetrics[] = {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot, Metric::manhattan};

struct Vectors {
  std::vector<float> values;
  std::size_t dims;
  std::size_t rows() const { return values.size() / dims; }
  MatrixView view() const {
    return {std::as_bytes(std::span(values)).data(), rows(), dims, dims * sizeof(float), Element::f32};
  }
};

Vectors clustered(std::size_t rows, std::size_t dims, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> bell;
  std::vector<float> centres(30 * dims);
  std::mt19937 fixed(77);  // the same centres for rows and for queries
  for (float& value : centres) value = 3 * bell(fixed);
  Vectors vectors{std::vector<float>(rows * dims), dims};
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t centre = random() % 30;
    for (std::size_t j = 0; j < dims; ++j) vectors.values[i * dims + j] = centres[centre * dims + j] + bell(random);
  }
  return vectors;
}

std::shared_ptr<const StoredIndex> forest(const Vectors& vectors, Metric metric, const ForestOptions& options,
                                          std::size_t threads = 2) {
  const ValidatedRows source(vectors.view(), Element::f32, metric, InvalidRows::refuse, threads, {});
  storage::Writer writer = storage::Writer::to_memory();
  write_forest(writer, source, options, "{}", {.threads = threads}, {});
  measure(writer, source, {}, {.threads = threads}, {});
  return StoredIndex::open(writer.finish());
}

std::shared_ptr<const StoredIndex> exact(const Vectors& vectors, Metric metric) {
  const ValidatedRows source(vectors.view(), Element::f32, metric, InvalidRows::refuse, 2, {});
  storage::Writer writer = storage::Writer::to_memory();
  write_exact(writer, source, "{}", {.threads = 2}, {});
  return StoredIndex::open(writer.finish());
}

Request request(std::size_t k, std::optional<std::size_t> effort = {}, std::size_t threads = 1) {
  Request asked;
  asked.k = k;
  asked.effort = effort;
  asked.threads = threads;
  return asked;
}

bool same(const std::vector<SearchResult>& left, const std::vector<SearchResult>& right) {
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(),
      [](const SearchResult& a, const SearchResult& b) { return a.rows == b.rows && a.distances == b.distances; });
}

// Checks k different rows, nearest first, with the distances that an exact index returns; returns the fraction of true
// ones.
double check_answers(const std::vector<SearchResult>& found, const std::vector<SearchResult>& all, std::size_t k) {
  std::size_t right = 0;
  for (std::size_t q = 0; q < found.size(); ++q) {
    const SearchResult& result = found[q];
    CHECK(result.rows.size() == k && result.distances.size() == k);
    CHECK(std::set<std::uint32_t>(result.rows.begin(), result.rows.end()).size() == k);
    CHECK(std::is_sorted(result.distances.begin(), result.distances.end()));
    for (std::size_t i = 0; i < result.rows.size(); ++i) {
      const auto place = std::find(all[q].rows.begin(), all[q].rows.end(), result.rows[i]) - all[q].rows.begin();
      CHECK(static_cast<std::size_t>(place) < all[q].rows.size());
      CHECK(result.distances[i] == all[q].distances[static_cast<std::size_t>(place)]);
      right += static_cast<std::size_t>(place) < k ? 1 : 0;
    }
  }
  return static_cast<double>(right) / static_cast<double>(k * found.size());
}

void answers_are_rows_with_their_distances() {
  const Vectors base = clustered(3'000, 24, 1);
  const Vectors queries = clustered(40, 24, 2);
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

void equal_rows_are_never_given_twice() {
  Vectors base = clustered(40, 6, 3);
  for (int copy = 0; copy < 5; ++copy) base.values.insert(base.values.end(), base.values.begin(), base.values.end());
  const Vectors queries = clustered(20, 6, 4);
  const std::size_t rows = base.rows();
  const std::vector<SearchResult> all =
      exact(base, Metric::euclidean)->searcher().search(queries.view(), request(rows));
  for (const std::size_t trees : {1u, 3u, 200u})
    for (const std::size_t effort : {1u, 50u, 300u}) {
      const auto index = forest(base, Metric::euclidean, {trees, 7, 1});
      check_answers(index->searcher().search(queries.view(), request(40, effort)), all, 40);
    }
}

void few_rows_and_many_trees() {
  for (const std::size_t rows : {0u, 1u, 2u, 3u, 9u})
    for (const std::size_t trees : {1u, 50u})
      for (const std::size_t leaf_size : {1u, 48u}) {
        Vectors base = clustered(rows, 5, 5);
        const std::shared_ptr<const StoredIndex> index = forest(base, Metric::sqeuclidean, {trees, leaf_size, 1});
        const Vectors queries = clustered(7, 5, 6);
        const std::vector<SearchResult> all =
            exact(base, Metric::sqeuclidean)->searcher().search(queries.view(), request(10));
        CHECK(same(index->searcher().search(queries.view(), request(10)), all));
        for (const SearchResult& result : index->searcher().search(queries.view(), request(1, 1)))
          CHECK(result.rows.size() == std::min<std::size_t>(rows, 1));
      }
}

void threads_make_the_same_file() {
  const Vectors base = clustered(9'000, 40, 7);
  const auto bytes_at = [&](std::size_t threads, std::uint64_t seed) {
    const auto index = forest(base, Metric::cosine, {3, 10, seed}, threads);
    const std::span<const std::byte> bytes = index->file().bytes();
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  const std::vector<std::byte> one = bytes_at(1, 5);
  for (const std::size_t threads : {2u, 3u, 4u}) CHECK(bytes_at(threads, 5) == one);
  CHECK(bytes_at(2, 6) != one);
}

// The conditions for a race: blocks verified when first read, work space of each thread, groups of leaves.
void many_threads_one_answer() {
  const Vectors base = clustered(9'000, 12, 8);
  const Vectors queries = clustered(200, 12, 9);
  const auto fresh = [&] { return forest(base, Metric::euclidean, {2, 4, 1}); };
  CHECK(dynamic_cast<const ForestIndex&>(fresh()->searcher()).layout().trees == 2);
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
  CHECK(wrong == 0);
}

void what_cannot_be_grown_is_refused() {
  const Vectors base = clustered(10, 2, 10);
  CHECK_THROWS(forest(base, Metric::haversine, {}), InvalidInputError);
  CHECK_THROWS(forest(base, Metric::euclidean, {0, 48, 0}), InvalidInputError);
  CHECK_THROWS(forest(base, Metric::euclidean, {kMaxTrees + 1, 48, 0}), InvalidInputError);
  CHECK_THROWS(forest(base, Metric::euclidean, {1, 0, 0}), InvalidInputError);
  for (const Metric metric : kMetrics) CHECK(forest_space_of(metric).has_value());
  CHECK(forest_space_of(Metric::hamming) == CodeSpace::l2);
  CHECK(!forest_space_of(Metric::jaccard) && !forest_space_of(Metric::haversine));
}

void bits_are_unpacked_from_the_lowest() {
  const std::byte packed[] = {std::byte{0b1010'0101}, std::byte{0b10}};
  const float expected[] = {1, 0, 1, 0, 0, 1, 0, 1, 0, 1};
  float found[10];
  to_f32(Element::bits, packed, 10, found);
  CHECK(std::equal(std::begin(found), std::end(found), std::begin(expected)));
}

}  // namespace

int main() {
  answers_are_rows_with_their_distances();
  equal_rows_are_never_given_twice();
  few_rows_and_many_trees();
  threads_make_the_same_file();
  many_threads_one_answer();
  what_cannot_be_grown_is_refused();
  bits_are_unpacked_from_the_lowest();
  return test::report("forest_forest");
}
