// The nodes of all trees as a search reads them: in levels, each node with the centroid of its rows.
//
// A search does not follow the splits. It ranks leaves by the distance of their centroids, across all trees, which
// finds more true neighbours in fewer rows than any order of margins along the way down (docs/explanation/forest.md has
// the figures). If there are too many leaves to examine each, they are grouped by the branches they grow on: a level of
// groups is ranked first, and then only the leaves of the nearest groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/forest/build_tree.h"
#include "quantize/sketch.h"

namespace nearabout::forest {

// One level, tree after tree; level 0 is the leaves. Node i has the children firsts[i] .. firsts[i + 1] - 1 on the
// level below; for a leaf these are places in the order of rows, with the trees' orders one after another.
struct Level {
  std::vector<std::uint64_t> firsts;  // one more than the number of nodes
  std::size_t nodes() const { return firsts.size() - 1; }
};

inline constexpr std::size_t kMaxLevels = 6;

// Returns the levels from the leaves up, until one has few enough nodes to rank them all. Each of `trees` is over
// `rows` rows.
std::vector<Level> levels_of(const std::vector<Tree>& trees, std::uint64_t rows);

// Centroids of the nodes of all levels, one level after another: a code on the rows' grid, and the offset of its score.
// (For unit vectors and for |q - x|^2 the offset is the squared length of the centroid's projection; for inner
// products, where all projections have the same length, the spread is subtracted.)
struct Centroids {
  std::vector<std::uint8_t> codes;
  std::vector<float> offsets;
  // For the rows of each leaf, the squared distances of their codes from the leaf's, summarized (residuals.h): first
  // the medians of all leaves, then their variances, far rows and far medians.
  std::vector<float> residuals;
};

Centroids centroids_of(const std::vector<Tree>& trees, const std::vector<Level>& levels, const quantize::Sketch& sketch,
                       std::size_t threads);

}  // namespace nearabout::forest
