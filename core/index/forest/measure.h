// What a forest can tell of itself when it is built: which effort finds which share of neighbours, and by how much
// estimates of near rows are too large.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/forest/forest.h"

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

// Some rows are taken for queries; their nearest others by the sketches are looked for in the ranked leaves.
Measured measure(const BuiltForest& forest, const RowReader& read, std::size_t rows, std::size_t threads,
                 const Monitor& monitor);

}  // namespace nearabout
