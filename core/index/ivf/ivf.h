// Lists of small codes: an inverted file whose rows are stored as codes of a few bits along their leading directions.
// Lists are scanned in memory order with tables in registers, and the most promising rows are then compared in full.
//
// An inverted file (Jegou, Douze and Schmid, "Product quantization for nearest neighbor search", TPAMI 2011) with the
// scan of product codes in registers (Andre, Kermarrec and Le Scouarnec, VLDB 2015) and unbiased estimates from rotated
// codes (Gao and Long, SIGMOD 2024). docs/explanation/lists.md describes the differences from each; the main ones are:
//
// * Codes cover the leading principal directions only, with 1, 2, 4 or 8 bits each; the remainder of a row is one
// number.
// * One table serves a query in all lists, because terms that depend on the centroid are stored with the row.
// * The numbers of directions, bits, lists, probes and rows to compare are measured at build; probes and rows are
//   stored as one curve.
//
// `effort` is the number of lists that a search probes (nprobe elsewhere), on average: see adaptive_probes.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "index/build_options.h"
#include "index/distance_source.h"
#include "index/exact/scan.h"
#include "index/ivf/options.h"
#include "index/searcher.h"
#include "index/validated_rows.h"
#include "index/work_spaces.h"

namespace nearabout::index {
struct IndexKind;  // registry.h
}  // namespace nearabout::index

namespace nearabout::ivf {

struct IvfLayout;  // layout.h
class IvfSearch;   // searches.h
class PageCacheMonitor;

inline constexpr std::uint32_t kIvfNumber = 3;

// What a search is made of: the layout of the file, and how much of it is searched.
class IvfIndex : public index::Searcher {
 public:
  IvfIndex(const storage::File& file, const index::Descriptor& descriptor);
  ~IvfIndex() override;

  index::DistanceSource distance_source() const;
  index::EffortRange effort() const override;
  bool needs_tuning() const override { return true; }
  std::unique_ptr<calibration::RecallProfile> profile(const calibration::CalibrationQueries& calibration_queries,
                                                      const index::BuildOptions& build,
                                                      const Monitor& monitor) const override;
  index::Description describe() const override;
  bool counts_work() const override { return true; }
  void verify(const Monitor& monitor) const override;
  void release_memory() const override;
  bool keeps_vectors() const override;

 protected:
  std::size_t fallback_effort(std::size_t k) const override;
  void do_search(MatrixView queries, const index::Request& request, const index::Budget& budget,
                 index::Results& results) const override;
  double exact_cost(std::size_t k, std::size_t rows) const override;
  std::unique_ptr<const index::KindFilter> derive_filter(const index::RowFilter& filter) const override;
  void copy_vector(std::uint32_t row, std::byte* to) const override;
  std::vector<std::uint32_t> stored_order() const override;

 private:
  std::unique_ptr<const IvfLayout> layout_;
  std::optional<quantize::StoredScreen> screen_;
  std::optional<exact::ExactScan> scan_;  // if vectors are stored
  std::unique_ptr<PageCacheMonitor> page_cache_;
  std::unique_ptr<index::WorkSpaces<IvfSearch>> searches_;
};

index::IndexKind ivf_kind();

// Adds everything except keys to `writer`.
void write_ivf(storage::Writer& writer, const index::ValidatedRows& source, const IvfOptions& options,
               const std::string& metadata, const index::BuildOptions& build, const Monitor& monitor);

}  // namespace nearabout::ivf
