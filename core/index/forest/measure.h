// What a forest can tell of itself when it is built: which effort finds which share of neighbours, and by how much
// estimates of near rows are too large.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/forest/forest.h"

namespace nearabout {

// A forest in memory: sketches of all rows and the trees grown on them.
struct GrownForest {
  Sketch sketch;
  std::vector<std::uint8_t> codes;  // in the order of rows
  std::vector<float> offsets;
  std::vector<Tree> trees;
  std::vector<Level> levels;
  std::vector<std::uint8_t> node_codes;  // of all levels
  std::vector<float> node_offsets;
};

// Some rows are taken for queries; their nearest others by the sketches are looked for in the ranked leaves. Sets
// `doubt` of the forest's sketch on the way.
std::vector<EffortPoint> measure_efforts(GrownForest& forest, const RowReader& read, std::size_t rows,
                                         std::size_t threads);

}  // namespace nearabout
