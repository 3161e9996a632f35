// A graph of near neighbours, walked over codes: for single queries, high recall and very many rows.
//
// Every distinct row is a node with edges to near nodes in different directions. A search starts at the nearest of some
// entries and goes from node to nearer node (walk.h). A node is one record (node_format.h): its bytes along the
// leading directions, its edges, and codes of a few bits of the nodes at their ends. The rows of the nodes that look
// nearest are then compared in full.
//
// A flat graph is as good as HNSW's layers on real data (Munyampirwa, Lakshman and Coleman, arXiv 2412.01940).
// docs/explanation/graph.md has the differences from HNSW, Vamana and SymphonyQG.
//
// `effort` is the width of the walk (ef in HNSW).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "index/build_options.h"
#include "index/exact/scan.h"
#include "index/graph/layout.h"
#include "index/graph/options.h"
#include "index/graph/searches.h"
#include "index/searcher.h"
#include "index/validated_rows.h"
#include "index/work_spaces.h"
#include "storage/writer.h"

namespace nearabout::index {
struct IndexKind;  // registry.h
}  // namespace nearabout::index

namespace nearabout::graph {

inline constexpr std::uint32_t kGraphNumber = 4;

// Narrower walks end before they are where they lead to: of rows on a grid, one in ten did not find itself.
inline constexpr std::size_t kMinWidth = 12;

class GraphIndex : public index::Searcher {
 public:
  GraphIndex(const storage::File& file, const index::Descriptor& descriptor);

  const GraphLayout& layout() const { return layout_; }
  index::EffortRange effort() const override;
  index::Description describe() const override;
  double query_cost(std::size_t k, std::size_t effort) const override;
  std::unique_ptr<calibration::RecallProfile> profile(const calibration::CalibrationQueries& queries,
                                                      const index::BuildOptions& build,
                                                      const Monitor& monitor) const override;
  std::size_t least_effort(std::size_t k) const override { return std::max(k, kMinWidth); }
  bool is_led_by_rows() const override { return true; }
  bool counts_work() const override { return true; }
  // A walk is not led to the nearest of the allowed rows, which may be far from all that it comes by.
  bool compares_allowed_rows() const override { return true; }
  std::unique_ptr<const index::KindFilter> derive_filter(const index::RowFilter& filter) const override;
  bool keeps_vectors() const override { return layout_.vectors != nullptr; }
  void verify(const Monitor& monitor) const override {
    if (rows() > 0) verify_graph(layout_, monitor);
  }
  void release_memory() const override { layout_.file.forget(); }

 protected:
  std::size_t fallback_effort(std::size_t k) const override;
  void do_search(MatrixView queries, const index::Request& request, const index::Budget& budget,
                 index::Results& results) const override;
  double exact_cost(std::size_t k, std::size_t rows) const override;
  void copy_vector(std::uint32_t row, std::byte* to) const override;

 private:
  GraphLayout layout_;
  std::optional<quantize::StoredScreen> screen_;
  std::optional<exact::ExactScan> scan_;
  mutable index::WorkSpaces<GraphSearch> searches_;
};

index::IndexKind graph_kind();

// Adds everything except keys to `writer`.
void write_graph(storage::Writer& writer, const index::ValidatedRows& source, const GraphOptions& given,
                 const std::string& metadata, const index::BuildOptions& build, const Monitor& monitor);

}  // namespace nearabout::graph
