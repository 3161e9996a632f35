// Points and rows for the tests of graphs.
#pragma once

#include "index/fixtures.h"
#include "index/graph/learn.h"
#include "index/graph/points.h"
#include "index/validated_rows.h"

namespace nearabout::test {

inline index::ValidatedRows validated(const Table& table, metric::Metric metric = metric::Metric::euclidean) {
  return {table.view(), Element::f32, metric, index::InvalidRows::refuse, 1, {}};
}

// A table, its nodes, and these as points.
struct Nodes {
  explicit Nodes(const Table& given)
      : table(given),
        learnt(graph::learn(table.reader(), table.rows(), table.dims, transform::CodeSpace::l2, {}, 1)),
        rows(graph::find_distinct_rows(validated(table), 1, {})),
        points(graph::project_nodes(learnt, rows, table.reader(), 1, {})) {}

  // The squared distance of two nodes by their points, and what is outside of the directions.
  double square(std::size_t a, std::size_t b) const {
    double sum = double{points.rest(a)} + double{points.rest(b)};
    for (std::size_t j = 0; j < points.dims(); ++j) {
      const double apart = double{points.step()} * (points.values(a)[j] - points.values(b)[j]);
      sum += apart * apart;
    }
    return sum;
  }

  Table table;
  graph::LearntGraph learnt;
  graph::DistinctRows rows;
  graph::Points points;
};

}  // namespace nearabout::test
