// A k-d tree: for vectors of few dimensions, searched exactly in a fraction of the time that comparing every row takes.
//
// Rows are divided at a coordinate again and again (Bentley, CACM 1975), down to leaves of 16 rows. Sixteen parts are
// one node's children, and their boxes are compared with a query at once. A search goes to the nearest boxes first and
// leaves out those that are farther than the neighbours it has. It does so by float32 values with bounds on their
// rounding; distances are then those of the metric, so results are those of a scan of all rows.
//
// `effort` is the number of leaves that a search visits, the nearest first (Arya and Mount, DCC 1993).
// docs/explanation/kdtree.md has all this in pictures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "index/build_options.h"
#include "index/exact/scan.h"
#include "index/kdtree/layout.h"
#include "index/kdtree/options.h"
#include "index/kdtree/searches.h"
#include "index/searcher.h"
#include "index/validated_rows.h"
#include "index/work_spaces.h"
#include "storage/writer.h"

namespace nearabout::index {
struct IndexKind;  // registry.h
}  // namespace nearabout::index

namespace nearabout::kdtree {

inline constexpr std::uint32_t kKdTreeNumber = 5;

class KdTreeIndex : public index::Searcher {
 public:
  KdTreeIndex(const storage::File& file, const index::Descriptor& descriptor);

  const KdTreeLayout& layout() const { return layout_; }
  index::EffortRange effort() const override;
  index::Description describe() const override;
  double query_cost(std::size_t k, std::size_t effort) const override;
  double exact_cost(std::size_t k, std::size_t rows) const override;
  std::unique_ptr<calibration::RecallProfile> profile(const calibration::CalibrationQueries& queries,
                                                      const index::BuildOptions& build,
                                                      const Monitor& monitor) const override;
  std::size_t least_effort(std::size_t k) const override;
  std::optional<std::size_t> bounded_effort() const override;
  bool is_exact_quick() const override { return true; }
  bool counts_work() const override { return true; }
  // An exact search among the allowed rows takes little more time than one of all rows.
  bool compares_allowed_rows() const override { return true; }
  std::unique_ptr<const index::KindFilter> derive_filter(const index::RowFilter& filter) const override;
  void verify(const Monitor& monitor) const override {
    if (rows() > 0) verify_kdtree(layout_, monitor);
  }
  void release_memory() const override { layout_.file.forget(); }

 protected:
  std::size_t fallback_effort(std::size_t) const override { return effort().max; }
  void do_search(MatrixView queries, const index::Request& request, const index::Budget& budget,
                 index::Results& results) const override;
  void copy_vector(std::uint32_t row, std::byte* to) const override;
  std::vector<std::uint32_t> stored_order() const override;

 private:
  // Compares every row with these queries, which are too far away for the tree.
  void scan_for(std::vector<std::size_t> numbers, MatrixView queries, const index::Request& request,
                index::Results& results) const;
  // Returns the leaves that a search for k neighbours is thought to visit until it has found all.
  double visits(std::size_t k) const;

  KdTreeLayout layout_;
  exact::ExactScan scan_;
  mutable index::WorkSpaces<KdTreeSearch> searches_;
};

index::IndexKind kdtree_kind();

// Returns the bytes that a build holds, of rows of so many dimensions of the tree.
std::size_t planned_bytes(std::size_t rows, std::size_t dims);

// Adds everything except keys to `writer`.
void write_kdtree(storage::Writer& writer, const index::ValidatedRows& source, const KdTreeOptions& options,
                  const std::string& metadata, const index::BuildOptions& build, const Monitor& monitor);

}  // namespace nearabout::kdtree
