// Measures a forest while it is built: the effort that finds each fraction of neighbours, and how much too large the
// estimates of near rows are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/forest/forest.h"
#include "index/forest/nodes.h"

namespace nearabout {

// A forest before it is written.
struct BuiltForest {
  Sketch sketch;
  std::vector<Tree> trees;
  std::vector<Level> levels;
  Centroids centroids;
};

struct Measured {
  std::vector<EffortPoint> efforts;
  double bias_bound = 0;  // of the sketch
};

// Uses some rows as queries, and looks for their nearest other rows (by the sketches) in the ranked leaves.
Measured measure(const BuiltForest& forest, const RowReader& read, std::size_t rows, std::size_t threads,
                 const Monitor& monitor);

}  // namespace nearabout
