// The forest: trees that split the rows recursively by planes half-way between two clusters, searched together.
//
// This is Annoy's idea (E. Bernhardsson, https://github.com/spotify/annoy; Dasgupta and Freund, "Random projection
// trees and low dimensional manifolds", STOC 2008), with four differences:
//
// * Trees are grown on sketches (quantize/sketch.h) of some 64 bytes per row, not on the vectors themselves.
// * Splits are those of two-means on a sample (split.h); Annoy's are two means on a small one.
// * Leaves of all trees are ranked by their centroids (nodes.h), not by the margins of the planes on the way.
// * A tree stores its rows' sketches in the order of its leaves, so that a leaf is scored by one call on contiguous
//   memory; only the most promising rows are then compared in full.
//
// `effort` is Annoy's search_k: the number of rows of leaves that a search examines.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "index/build_options.h"
#include "index/calibration/guard.h"
#include "index/exact/scan.h"
#include "index/forest/nodes.h"
#include "index/searcher.h"
#include "index/validated_rows.h"
#include "quantize/sketch.h"

namespace nearabout {

struct IndexKind;  // registry.h

inline constexpr std::uint32_t kForestNumber = 2;
inline constexpr std::size_t kMaxTrees = 1'000;

struct ForestOptions {
  // Number of trees. One is fastest: more trees find the same neighbours in fewer rows, but not in less time
  // (docs/explanation/forest.md).
  std::size_t trees = 1;
  std::size_t leaf_size = 48;  // rows per leaf; smaller leaves mean fewer rows to examine, but more leaves to rank
  std::uint64_t seed = 0;
};

// Returns the space in which a forest of this metric is grown; nullopt for metrics that forests do not support.
std::optional<CodeSpace> forest_space_of(Metric metric);

// The efforts measured at build: the fraction of true neighbours (k = 10) in the leaves examined.
struct EffortPoint {
  double fraction;
  double effort;
};

class ForestIndex : public Searcher {
 public:
  ForestIndex(const storage::File& file, const Descriptor& descriptor);

  const storage::File& file() const { return file_; }

  std::size_t trees() const { return trees_; }
  std::size_t leaf_size() const { return leaf_size_; }
  std::uint64_t seed() const { return seed_; }
  // Returns the sketch bytes of a row in each tree.
  std::size_t sketch_bytes() const { return rows() == 0 ? 0 : sketch_.width(); }
  const std::vector<EffortPoint>& efforts() const { return efforts_; }
  // Returns true if searches detect queries that have probably missed neighbours: only if leaves are ranked as rows
  // are.
  bool is_guarded() const {
    return sketch_.space != CodeSpace::inner_product && descriptor().metric != Metric::manhattan;
  }
  std::span<const GroupResiduals> residuals() const { return residuals_; }
  EffortRange effort() const override { return {"rows", std::min<std::size_t>(leaf_size_, rows()), rows(), true}; }
  Description describe() const override;
  // That each tree has each row in one leaf, and that nothing is ranked by NaN.
  void verify(const Monitor& monitor) const override;
  void release_memory() const override { file_.forget(); }
  std::unique_ptr<RecallProfile> profile(const CalibrationQueries& calibration_queries, const BuildOptions& build,
                                         const Monitor& monitor) const override;

 protected:
  std::size_t fallback_effort(std::size_t k) const override;
  void do_search(MatrixView queries, const Request& request, const Budget& budget, Results& results) const override;
  double exact_cost(std::size_t k) const override { return scan_.query_cost(k); }
  // Verifies that each tree has each row in exactly one leaf, and that nothing is ranked by NaN.
  void copy_vector(std::uint32_t row, std::byte* to) const override;

 private:
  friend class ForestSearch;
  friend class ForestRecallProfile;
  friend class LeafRanking;
  void read_nodes();
  void read_efforts();

  const storage::File& file_;
  std::size_t trees_ = 0;
  std::size_t leaf_size_ = 0;
  std::uint64_t seed_ = 0;
  Sketch sketch_;
  std::vector<EffortPoint> efforts_;
  Guard guard_;
  std::vector<GroupResiduals> residuals_;  // residuals of leaves
  // For each level, leaves first: its nodes' children, and where its nodes begin among those of all levels.
  struct StoredLevel {
    std::span<const std::uint64_t> firsts;
    std::size_t begin;
    std::size_t nodes() const { return firsts.size() - 1; }
  };
  std::vector<StoredLevel> levels_;
  const storage::Section* vectors_;
  std::optional<StoredScreen> screen_;
  ExactScan scan_;
  const storage::Section* node_codes_ = nullptr;
  const storage::Section* node_offsets_ = nullptr;
  const storage::Section* tree_rows_ = nullptr;
  const storage::Section* tree_codes_ = nullptr;
  const storage::Section* tree_offsets_ = nullptr;  // null for inner products
};

IndexKind forest_kind();

// Adds everything except keys to `writer`.
void write_forest(storage::Writer& writer, const ValidatedRows& source, const ForestOptions& options,
                  const std::string& metadata, const BuildOptions& build, const Monitor& monitor);

}  // namespace nearabout
