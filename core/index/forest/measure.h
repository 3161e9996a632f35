// Measures a forest while it is built: how much too large the estimates of near rows are, and how much effort a search
// usually needs.
//
// The effort is for files without calibration. It is a by-product of the first measure, whose neighbours are those by
// the sketches, and costs next to nothing. Recall@10 of searches with it is .964 on SIFT (100,000 rows), .953 on
// Fashion-MNIST (20,000), .940 on MiniLM (12,000) and .957 on word vectors (25,000). Simpler rules were tried:
//
// * 10 sqrt(rows), which fits SIFT: recall .870 on MiniLM, and .993 in 1.7 times the time on Fashion-MNIST.
// * Comparing a third of the held-out rows with every row, as lists do even without calibration: builds that had asked
//   for no calibration took a third longer (SIFT) to a half longer (word vectors), and the number has to be stored,
//   too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/forest/forest.h"
#include "index/forest/nodes.h"

namespace nearabout::forest {

// A forest before it is written.
struct BuiltForest {
  quantize::Sketch sketch;
  std::vector<Tree> trees;
  std::vector<Level> levels;
  Centroids centroids;
};

struct Measured {
  std::uint64_t fallback_effort;
  double bias_bound = 0;  // of the sketch
};

// Uses some rows as queries, and looks for their nearest other rows (by the sketches) in the ranked leaves.
Measured measure(const BuiltForest& forest, const transform::RowReader& read, std::size_t rows, std::size_t threads,
                 const Monitor& monitor);

}  // namespace nearabout::forest
