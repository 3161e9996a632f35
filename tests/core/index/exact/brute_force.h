// An exact index of some rows, and the neighbours of a query by comparison with each row, one after another. Reduced
// distances are those of BoundQuery, which has a test of its own (metric/bound_query_test.cpp).
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "base/top_k.h"
#include "index/exact/byte_rows.h"
#include "index/exact/exact.h"
#include "index/exact/screen.h"
#include "index/fixtures.h"
#include "index/queries.h"
#include "metric/bound_query.h"
#include "quantize/screen.h"

namespace nearabout::test {

// Rows as the exact index keeps them, in `element`; queries as floats.
struct ExactRows {
  ExactRows(const Table& table, Element element, metric::Metric metric) : ExactRows(table.view(), element, metric) {}
  ExactRows(MatrixView table, Element element, metric::Metric metric, bool rough = false)
      : index(built([&](storage::Writer& writer) {
          const index::ValidatedRows source(table, element, metric, index::InvalidRows::refuse, 2, {});
          const bool byte_rows = transform::code_space_of(metric) &&
                                 (element == Element::f32 || element == Element::f16 || element == Element::bf16);
          exact::write_exact(writer, source, {.byte_rows = byte_rows, .rough = rough}, "{}", {.threads = 2}, {});
        })),
        vectors(index->file().section(storage::SectionId::vectors)),
        screen(exact::screen_of(index->file(), descriptor(), vectors, quantize::kScreenOfExact)),
        bytes(exact::byte_rows_of(index->file(), descriptor())) {}

  const index::Descriptor& descriptor() const { return index->searcher().descriptor(); }

  std::shared_ptr<const index::StoredIndex> index;
  const storage::Section& vectors;
  std::optional<quantize::StoredScreen> screen;
  std::optional<quantize::StoredByteBounds> bytes;  // of floats, under the metrics that have a screen
};

inline double rdist_of(const ExactRows& rows, const metric::BoundQuery& query, std::uint32_t row) {
  const MatrixView table = rows.vectors.matrix();
  double rdist = 0;
  query.rdists({table.row(row), table.stride, nullptr, 1}, &rdist);
  return rdist;
}

// Returns the k nearest of rows [begin, end) within `limit`, ties by row.
inline std::vector<Neighbour> brute_force(const ExactRows& rows, const metric::BoundQuery& query, std::size_t k,
                                          std::size_t begin, std::size_t end,
                                          double limit = std::numeric_limits<double>::infinity()) {
  std::vector<Neighbour> all;
  for (std::size_t row = begin; row < end; ++row) {
    const auto number = static_cast<std::uint32_t>(row);
    const double rdist = rdist_of(rows, query, number);
    if (rdist <= limit) all.push_back({rdist, number});
  }
  std::sort(all.begin(), all.end());
  all.resize(std::min(k, all.size()));
  return all;
}

inline bool same_neighbours(const std::vector<Neighbour>& left, const std::vector<Neighbour>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Neighbour& a, const Neighbour& b) { return a.rdist == b.rdist && a.row == b.row; });
}

// Returns whole numbers, every row twice: many rows at equal distances.
inline Table with_ties(std::size_t rows, std::size_t dims, unsigned seed) {
  Table table = whole_numbers(rows, dims, seed);
  for (std::size_t i = rows / 2; i < rows; ++i) table.copy_row(i - rows / 2, i);
  return table;
}

}  // namespace nearabout::test
