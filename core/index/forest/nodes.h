// The nodes of all trees as a search reads them: in levels, each node with the centroid of its rows.
//
// A search does not walk the splits. It ranks leaves by the distance of their centroids, all trees together, which
// finds more true neighbours in fewer rows than any order of margins along the way down (docs/explanation/forest.md has
// the figures). Where there are too many leaves to look at each, they are grouped by the branches they grow on: a level
// of groups is ranked first, and only the leaves of the nearest groups after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/forest/build_tree.h"
#include "quantize/sketch.h"

namespace nearabout {

// One level, tree after tree; level 0 are the leaves. Node i has the children firsts[i] .. firsts[i + 1] - 1 on the
// level below; of a leaf they are places in the order of rows, the trees' orders one after the other.
struct Level {
  std::vector<std::uint64_t> firsts;  // one more than there are nodes
  std::size_t nodes() const { return firsts.size() - 1; }
};

inline constexpr std::size_t kMaxLevels = 6;

// Levels from the leaves up, until one has few enough nodes to rank them all. Each of `trees` is over `rows` rows.
std::vector<Level> levels_of(const std::vector<Tree>& trees, std::uint64_t rows);

// Centroids of the nodes of all levels, one level after the other: a code on the rows' grid, and what it adds to its
// score. (Among unit vectors and for |q - x|^2 that is the squared length of the centroid's projection; for inner
// products, where projections have all one length, less their spread.)
struct Centroids {
  std::vector<std::uint8_t> codes;
  std::vector<float> offsets;
  // Of the rows of each leaf, the squared distances of their codes from the leaf's, summarized (residuals.h): the
  // medians of all leaves, then their variances, far rows and far medians.
  std::vector<float> residuals;
};

Centroids centroids_of(const std::vector<Tree>& trees, const std::vector<Level>& levels, const Sketch& sketch,
                       std::size_t threads);

}  // namespace nearabout
