// Queries of every kind for a table of vectors: near, far, huge, tiny.
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "metric/metric.h"
#include "quantize/shapes.h"
#include "transform/space.h"

namespace nearabout::test {

inline metric::Metric metric_of(transform::CodeSpace space) {
  if (space == transform::CodeSpace::l2) return metric::Metric::sqeuclidean;
  return space == transform::CodeSpace::cosine ? metric::Metric::cosine : metric::Metric::dot;
}

struct Query {
  const char* kind;
  std::vector<float> values;
};

inline std::vector<Query> queries_for(const Table& table, transform::CodeSpace space, Generator& random) {
  std::vector<Query> queries;
  const auto add = [&](const char* kind, auto value_at) {
    Query query{kind, std::vector<float>(table.dims)};
    bool zero = true;
    for (std::size_t j = 0; j < table.dims; ++j) {
      query.values[j] = static_cast<float>(value_at(j));
      zero = zero && query.values[j] == 0;
    }
    if (!(zero && space == transform::CodeSpace::cosine)) queries.push_back(std::move(query));
  };
  for (const std::size_t i : {std::size_t{0}, table.rows / 3, table.rows - 1}) {
    const float* row = table.row(i);
    add("a row", [=](std::size_t j) { return row[j]; });
    add("nearly a row", [&, row](std::size_t j) { return row[j] * (1 + 0.01f * bell(random, 0, 1)); });
    add("whole", [=](std::size_t j) { return std::nearbyint(row[j]) + static_cast<float>(j % 2); });
    add("far outside", [=](std::size_t j) { return row[j] * -1e4f + 1.0f; });
  }
  std::vector<double> means(table.dims);
  for (std::size_t i = 0; i < table.rows; ++i)
    for (std::size_t j = 0; j < table.dims; ++j) means[j] += double{table.row(i)[j]} / static_cast<double>(table.rows);
  add("the mean", [&](std::size_t j) { return means[j]; });
  add("near the mean", [&](std::size_t j) { return means[j] * (1 + 1e-7 * static_cast<double>(bell(random, 0, 1))); });
  add("unrelated", [&](std::size_t) { return bell(random, 0, 1); });
  add("one-hot", [&](std::size_t j) { return j == table.dims / 2 ? 1.0f : 0.0f; });
  add("zero", [](std::size_t) { return 0.0f; });
  add("of size 1e25", [&](std::size_t) { return bell(random, 0, 1e25); });
  add("of size 1e37", [&](std::size_t) { return bell(random, 0, 1e37); });
  add("tiny", [&](std::size_t) { return bell(random, 0, 1e-30); });
  return queries;
}

}  // namespace nearabout::test
