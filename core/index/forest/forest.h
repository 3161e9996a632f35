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
#include "index/exact/scan.h"
#include "index/forest/layout.h"
#include "index/searcher.h"
#include "index/validated_rows.h"

namespace nearabout::index {
struct IndexKind;  // registry.h
}  // namespace nearabout::index

namespace nearabout::forest {

inline constexpr std::uint32_t kForestNumber = 2;

struct ForestOptions {
  // Number of trees. One is fastest: more trees find the same neighbours in fewer rows, but not in less time
  // (docs/explanation/forest.md).
  std::size_t trees = 1;
  std::size_t leaf_size = 48;  // rows per leaf; smaller leaves mean fewer rows to examine, but more leaves to rank
  std::uint64_t seed = 0;
  bool byte_rows = false;  // one byte per dimension besides the vectors, for exact searches
};

class ForestIndex : public index::Searcher {
 public:
  ForestIndex(const storage::File& file, const index::Descriptor& descriptor);

  const storage::File& file() const { return file_; }
  const ForestLayout& layout() const { return layout_; }
  index::EffortRange effort() const override {
    return {"rows", std::min<std::size_t>(layout_.leaf_size, rows()), rows(), true};
  }
  index::Description describe() const override;
  void verify(const Monitor& monitor) const override { verify_trees(file_, layout_, monitor); }
  void release_memory() const override { file_.forget(); }
  std::unique_ptr<calibration::RecallProfile> profile(const calibration::CalibrationQueries& calibration_queries,
                                                      const index::BuildOptions& build,
                                                      const Monitor& monitor) const override;

 protected:
  std::size_t fallback_effort(std::size_t k) const override;
  void do_search(MatrixView queries, const index::Request& request, const index::Budget& budget,
                 index::Results& results) const override;
  double exact_cost(std::size_t k, std::size_t rows) const override { return scan_.query_cost(k, rows); }
  std::unique_ptr<const index::KindFilter> derive_filter(const index::RowFilter& filter) const override;
  void copy_vector(std::uint32_t row, std::byte* to) const override;
  std::vector<std::uint32_t> stored_order() const override;

 private:
  const storage::File& file_;
  ForestLayout layout_;
  std::optional<quantize::StoredScreen> screen_;
  std::optional<quantize::StoredByteBounds> bytes_;
  exact::ExactScan scan_;
};

index::IndexKind forest_kind();

// Adds everything except keys to `writer`.
void write_forest(storage::Writer& writer, const index::ValidatedRows& source, const ForestOptions& options,
                  const std::string& metadata, const index::BuildOptions& build, const Monitor& monitor);

}  // namespace nearabout::forest
