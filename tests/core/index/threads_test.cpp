// Searches one index from four threads at once, each search on three threads of its own: all results equal those of one
// thread, and of brute force. Everything that a race would need is here: a screen, first reads that verify blocks,
// batches divided into tasks.
#include <atomic>
#include <random>
#include <thread>

#include "check.h"
#include "index/exact/exact.h"
#include "index/fixtures.h"
#include "index/stored_index.h"
#include "storage/writer.h"

using namespace nearabout;
using namespace nearabout::index;
using namespace nearabout::test;

namespace {

constexpr std::size_t kRows = 3000;
constexpr std::size_t kDims = 48;
constexpr std::size_t kQueries = 150;

// Returns whole numbers with few values: squares are exact in float64 and ties common.
std::vector<float> small_integers(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random() % 4);
  return values;
}

MatrixView view_of(const std::vector<float>& values) {
  return {std::as_bytes(std::span(values)).data(), values.size() / kDims, kDims, kDims * sizeof(float), Element::f32};
}

std::shared_ptr<const StoredIndex> build(const std::vector<float>& base, std::size_t threads) {
  const ValidatedRows source(view_of(base), Element::f32, metric::Metric::sqeuclidean, InvalidRows::refuse, threads,
                             {});
  storage::Writer writer = storage::Writer::to_memory();
  exact::write_exact(writer, source, {}, "{}", {.threads = threads}, {});
  return StoredIndex::open(writer.finish());
}

std::vector<SearchResult> brute_force(const std::vector<float>& base, const std::vector<float>& queries,
                                      std::size_t k) {
  std::vector<SearchResult> results(kQueries);
  for (std::size_t q = 0; q < kQueries; ++q) {
    std::vector<Neighbour> all(kRows);
    for (std::size_t i = 0; i < kRows; ++i) {
      double square = 0;
      for (std::size_t j = 0; j < kDims; ++j) {
        const double difference = double{queries[q * kDims + j]} - double{base[i * kDims + j]};
        square += difference * difference;
      }
      all[i] = {square, static_cast<std::uint32_t>(i)};
    }
    std::sort(all.begin(), all.end());
    for (std::size_t i = 0; i < k; ++i) {
      results[q].rows.push_back(all[i].row);
      results[q].distances.push_back(static_cast<float>(all[i].rdist));
    }
  }
  return results;
}

TEST(many_threads_one_answer) {
  const std::vector<float> base = small_integers(kRows * kDims, 1);
  const std::vector<float> queries = small_integers(kQueries * kDims, 2);
  const std::vector<SearchResult> expected = brute_force(base, queries, 20);
  const std::shared_ptr<const StoredIndex> index = build(base, 3);
  CHECK(index->file().has(storage::SectionId::bounds));  // it has a screen

  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < 3; ++round)
        if (!same(
                index->searcher().search(view_of(queries), {20, {}, 1 + (t + static_cast<std::size_t>(round)) % 3, {}}),
                expected))
          ++wrong;
      for (std::size_t q = t; q < kQueries; q += 10) {
        const MatrixView one{view_of(queries).row(q), 1, kDims, kDims * sizeof(float), Element::f32};
        if (!same(index->searcher().search(one, {20, {}, 3, {}}), {expected[q]})) ++wrong;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK_EQUAL(wrong.load(), 0);
}

TEST(a_build_does_not_depend_on_threads) {
  const std::vector<float> base = small_integers(kRows * kDims, 3);
  const std::shared_ptr<const StoredIndex> one = build(base, 1);
  for (const std::size_t threads : {2u, 3u}) {
    const std::shared_ptr<const StoredIndex> other = build(base, threads);
    const std::span<const std::byte> more = other->file().bytes();
    CHECK(std::equal(more.begin(), more.end(), one->file().bytes().begin(), one->file().bytes().end()));
  }
}

}  // namespace
