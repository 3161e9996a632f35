// Neighbours in a sample: those of a slow comparison, for any number of threads, with copies of the query skipped or
// not. Coordinates are small integers, so that all sums are exact and ties are many.
#include "index/ivf/sample_neighbours.h"

#include <algorithm>
#include <random>
#include <utility>

#include "check.h"

using namespace nearabout;
using namespace nearabout::ivf;

namespace {

std::vector<float> small_integers(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(static_cast<int>(random() % 7) - 3);
  return values;
}

// `same` as in sample_neighbours.
std::vector<std::uint32_t> slow_neighbours(const SampleQueries& sample, std::size_t query, std::size_t k, double same) {
  std::vector<std::pair<double, std::uint32_t>> all;
  for (std::size_t i = 0; i < sample.rows.size() / sample.dims; ++i) {
    double distance = 0;
    double squares = 0;
    for (std::size_t j = 0; j < sample.dims; ++j) {
      const double row = double{sample.rows[i * sample.dims + j]};
      const double own = double{sample.queries[query * sample.dims + j]};
      distance += (row - own) * (row - own);
      squares += row * row + own * own;
    }
    if (same < 0 || distance > same * squares) all.emplace_back(distance, static_cast<std::uint32_t>(i));
  }
  std::sort(all.begin(), all.end());
  std::vector<std::uint32_t> rows;
  for (std::size_t i = 0; i < std::min(k, all.size()); ++i) rows.push_back(all[i].second);
  return rows;
}

void compare(std::size_t rows, std::size_t queries, std::size_t dims, std::size_t k) {
  CASE("rows ", rows, ", queries ", queries, ", dims ", dims, ", k ", k);
  const std::vector<float> table = small_integers(rows * dims, 1);
  std::vector<float> of_queries = small_integers(queries * dims, 2);
  std::copy_n(table.begin(), dims, of_queries.begin());  // the first query is the first row
  const SampleQueries sample{table, of_queries, dims};
  for (const double same : {-1.0, 1e-6})
    for (const std::size_t threads : {1u, 3u}) {
      const auto found = sample_neighbours(sample, k, same, threads);
      CHECK_EQUAL(found.size(), queries);
      for (std::size_t q = 0; q < queries; ++q) CHECK_EQUAL(found[q], slow_neighbours(sample, q, k, same));
    }
}

}  // namespace

TEST(neighbours_equal_brute_force) {
  compare(1, 1, 1, 1);
  compare(5, 2, 3, 10);
  compare(700, 21, 9, 10);
  compare(700, 16, 2, 40);
}
