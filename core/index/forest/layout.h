// What the file of a forest contains, read and checked once. A search and a recall profile need nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "index/calibration/guard.h"
#include "index/descriptor.h"
#include "quantize/sketch.h"
#include "storage/file.h"

namespace nearabout::forest {

inline constexpr std::size_t kMaxTrees = 1'000;

// A level of nodes: its nodes' children, and where its nodes begin among those of all levels.
struct StoredLevel {
  std::span<const std::uint64_t> firsts;
  std::size_t begin;
  std::size_t nodes() const { return firsts.size() - 1; }
};

// Spans and sections point into the file. Without rows, only `vectors` is set.
struct ForestLayout {
  index::Descriptor descriptor;
  std::size_t trees = 0;
  std::size_t leaf_size = 0;
  std::uint64_t seed = 0;
  std::size_t fallback_effort = 0;  // of a search for ten neighbours, if nothing is calibrated (measure.h)
  quantize::Sketch sketch;
  calibration::Guard guard;
  std::vector<StoredLevel> levels;                     // leaves first
  std::vector<calibration::GroupResiduals> residuals;  // of leaves
  const storage::Section* vectors = nullptr;
  const storage::Section* node_codes = nullptr;
  const storage::Section* node_offsets = nullptr;
  const storage::Section* tree_rows = nullptr;
  const storage::Section* tree_codes = nullptr;
  const storage::Section* tree_offsets = nullptr;  // null for inner products

  // Returns true if scores estimate reduced distances: under manhattan they are those of another metric, and less
  // reliable.
  bool scores_are_estimates() const { return descriptor.metric != metric::Metric::manhattan; }
  // Returns true if searches detect queries that have probably missed neighbours: only if leaves are ranked as rows
  // are.
  bool is_guarded() const { return sketch.space() != transform::CodeSpace::inner_product && scores_are_estimates(); }
};

// Throws CorruptFileError if sections are missing, or do not match the descriptor or each other. The rows of the trees
// are not read: see verify_trees().
ForestLayout read_forest_layout(const storage::File& file, const index::Descriptor& descriptor);

// Throws CorruptFileError unless each tree has each row in exactly one leaf, and all offsets are numbers.
void verify_trees(const storage::File& file, const ForestLayout& layout, const Monitor& monitor);

}  // namespace nearabout::forest
