// Packs nodes for the file.
#pragma once

#include <cstdint>
#include <vector>

#include "base/monitor.h"
#include "index/graph/distinct_rows.h"
#include "index/graph/edges.h"
#include "index/graph/learn.h"
#include "index/graph/points.h"
#include "storage/writer.h"

namespace nearabout::graph {

// A graph before it is written. Numbers of nodes are those of `rows` and `points`; `order` has them as they are
// written.
struct BuiltGraph {
  LearntGraph learnt;
  DistinctRows rows;
  Points points;
  Edges edges;
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> entries;
};

// Writes the sections of nodes, of their copies, and of the entries.
void write_nodes(storage::Writer& writer, const BuiltGraph& graph, std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::graph
