// Tables of vectors, requests, and comparisons of results, for the tests of every kind of index.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "index/stored_index.h"
#include "storage/writer.h"
#include "transform/sample.h"

namespace nearabout::test {

struct Table {
  std::vector<float> values;
  std::size_t dims;

  std::size_t rows() const { return values.size() / dims; }
  float* row(std::size_t i) { return values.data() + i * dims; }
  const float* row(std::size_t i) const { return values.data() + i * dims; }
  MatrixView view() const {
    return {std::as_bytes(std::span(values)).data(), rows(), dims, dims * sizeof(float), Element::f32};
  }
  transform::RowReader reader() const {
    return [this](std::size_t begin, std::size_t end, float* to) { std::copy(row(begin), row(end), to); };
  }
  void copy_row(std::size_t from, std::size_t to) { std::copy(row(from), row(from) + dims, row(to)); }
};

// Returns normal clusters around 30 centres, `apart` times their width from each other; `seed` does not change the
// centres.
inline Table clustered(std::size_t rows, std::size_t dims, unsigned seed, float apart = 1) {
  std::mt19937 fixed(77);
  std::mt19937 random(seed);
  std::normal_distribution<float> bell;
  std::vector<float> centres(30 * dims);
  for (float& value : centres) value = apart * bell(fixed);
  Table table{std::vector<float>(rows * dims), dims};
  for (std::size_t i = 0; i < rows; ++i) {
    const float* const centre = centres.data() + random() % 30 * dims;
    for (std::size_t j = 0; j < dims; ++j) table.row(i)[j] = centre[j] + bell(random);
  }
  return table;
}

// Returns whole numbers: their distances have ties, and no rounding.
inline Table whole_numbers(std::size_t rows, std::size_t dims, unsigned seed) {
  std::mt19937 random(seed);
  Table table{std::vector<float>(rows * dims), dims};
  for (float& value : table.values) value = static_cast<float>(static_cast<int>(random() % 21) - 10);
  return table;
}

inline index::Request request(std::size_t k, std::optional<std::size_t> effort = {}, std::size_t threads = 1) {
  index::Request asked;
  asked.k = k;
  asked.effort = effort;
  asked.threads = threads;
  return asked;
}

inline index::Request exactly(std::size_t k, std::size_t threads = 2) {
  index::Request asked = request(k, {}, threads);
  asked.exact = true;
  return asked;
}

inline std::vector<index::SearchResult> true_answers(const index::StoredIndex& index, const Table& queries,
                                                     std::size_t k) {
  return index.searcher().search(queries.view(), exactly(k));
}

// Returns the index that `write` writes.
template <class Write>
std::shared_ptr<const index::StoredIndex> built(const Write& write) {
  storage::Writer writer = storage::Writer::to_memory();
  write(writer);
  return index::StoredIndex::open(writer.finish());
}

inline bool same(const std::vector<index::SearchResult>& left, const std::vector<index::SearchResult>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const index::SearchResult& a, const index::SearchResult& b) {
                      return a.rows == b.rows && a.distances == b.distances;
                    });
}

inline bool same_file(const index::StoredIndex& left, const index::StoredIndex& right) {
  return std::ranges::equal(left.file().bytes(), right.file().bytes());
}

// Returns the fraction of the first k true rows among the results.
inline double recall_of(const std::vector<index::SearchResult>& results, const std::vector<index::SearchResult>& truth,
                        std::size_t k) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const std::set<std::uint32_t> rows(results[i].rows.begin(), results[i].rows.end());
    for (std::size_t n = 0; n < k; ++n) found += rows.contains(truth[i].rows[n]) ? 1u : 0u;
  }
  return static_cast<double>(found) / static_cast<double>(k * truth.size());
}

}  // namespace nearabout::test
