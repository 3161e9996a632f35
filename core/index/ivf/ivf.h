// Lists of small codes: an inverted file whose rows are stored as codes of a few bits along their leading directions.
// Lists are scanned in memory order with tables in registers, and the most promising rows are then compared in full.
//
// An inverted file (Jegou, Douze and Schmid, "Product quantization for nearest neighbor search", TPAMI 2011) with the
// scan of product codes in registers (Andre, Kermarrec and Le Scouarnec, VLDB 2015) and unbiased estimates from rotated
// codes (Gao and Long, SIGMOD 2024). docs/explanation/lists.md describes the differences from each; the main ones are:
//
// * Codes cover the leading principal directions only, with 1, 2 or 4 bits each; the remainder of a row is one number.
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
#include <span>
#include <string>
#include <vector>

#include "index/build_options.h"
#include "index/calibration/guard.h"
#include "index/exact/scan.h"
#include "index/ivf/adaptive_probes.h"
#include "index/ivf/curve.h"
#include "index/ivf/distance_source.h"
#include "index/ivf/page_cache.h"
#include "index/searcher.h"
#include "index/validated_rows.h"
#include "quantize/byte_rows.h"
#include "quantize/leading_codes.h"
#include "transform/metric_transform.h"

namespace nearabout {

struct IndexKind;  // registry.h

inline constexpr std::uint32_t kIvfNumber = 3;

struct IvfOptions {
  std::size_t lists = 0;       // 0: chosen from the number of rows
  std::size_t code_bytes = 0;  // 0: chosen from the data
  std::size_t code_bits = 0;   // bits per direction, 1, 2 or 4; 0: chosen from the data
  std::uint64_t seed = 0;
  bool refine = true;                   // the most promising rows are compared by more than their small codes
  bool keep_vectors = true;             // false: they are compared by one byte per dimension, if at all
  double recall = kDefaultRecall;       // target recall of searches, for which everything is chosen
  std::span<const float> queries = {};  // queries for calibration, one after another; empty: rows are used
};

// Returns how rows are compared. Vectors of bytes are their own 8-bit codes.
DistanceSource distance_source_of(const IvfOptions& options, Element element);
bool keeps_vectors(const IvfOptions& options, Element element);

class IvfSearches;  // work spaces, defined in search.cpp
std::shared_ptr<IvfSearches> make_searches();

class IvfIndex : public Searcher {
 public:
  IvfIndex(const storage::File& file, const Descriptor& descriptor);

  const storage::File& file() const { return file_; }

  std::size_t lists() const { return sizes_.size(); }
  const CodeShape& shape() const { return codes_.shape(); }
  std::uint64_t seed() const { return seed_; }
  const Curves& curves() const { return curves_; }
  const AdaptiveProbes& adaptive_probes() const { return adaptive_probes_; }
  const Guard& guard() const { return guard_; }
  // Returns the stored bytes of a row that a comparison reads.
  std::size_t compared_bytes() const;
  // Returns the bytes of codes and vectors read by a search that scans and compares so many rows.
  std::uint64_t bytes_of(std::uint64_t codes, std::uint64_t compared) const;
  EffortRange effort() const override { return {"lists", 1, lists(), distance_source_ == DistanceSource::vectors}; }
  bool needs_tuning() const override { return true; }
  std::unique_ptr<RecallProfile> profile(const CalibrationQueries& calibration_queries, const BuildOptions& build,
                                         const Monitor& monitor) const override;
  Description describe() const override;
  bool counts_work() const override { return true; }
  void verify(const Monitor& monitor) const override;
  void release_memory() const override { file_.forget(); }
  DistanceSource distance_source() const { return distance_source_; }
  bool keeps_vectors() const override { return vectors_ != nullptr; }

 protected:
  std::size_t fallback_effort(std::size_t k) const override;
  void do_search(MatrixView queries, const Request& request, const Budget& budget, Results& results) const override;
  double exact_cost(std::size_t k) const override;
  void copy_vector(std::uint32_t row, std::byte* to) const override;

 private:
  friend class IvfQueries;
  friend class IvfRecallProfile;
  friend class ListRanking;
  friend class ListScan;
  friend class RowComparison;
  void read_distance_source();
  void read_header();
  void read_directions();
  void read_lists();
  void read_curve();
  void read_share();
  void read_bytes();
  // Throws CorruptFileError: a list names a row that does not exist.
  [[noreturn]] void throw_row(std::uint64_t row) const;
  friend class IvfSearch;
  void add_unestimated(MatrixView queries, std::size_t k, Results& results) const;
  void scan_bytes(MatrixView queries, const Request& request, Results& results) const;

  const storage::File& file_;
  std::unique_ptr<PageCacheMonitor> page_cache_;
  DistanceSource distance_source_ = DistanceSource::vectors;
  const storage::Section* vectors_;  // null if no vectors are stored
  std::optional<StoredScreen> screen_;
  std::optional<ExactScan> scan_;  // if vectors are stored
  const storage::Section* byte_codes_ = nullptr;
  const storage::Section* byte_squares_ = nullptr;  // under CodeSpace::l2
  ByteSteps byte_steps_;
  MetricTransform transform_;
  PcaCodes codes_{{32, 1}};
  std::uint64_t seed_ = 0;
  float point_step_ = 1;  // step of the bytes of centroids
  std::size_t outputs_ = 0;
  const storage::Section* direction_bytes_ = nullptr;
  std::span<const float> centre_, direction_steps_, direction_sums_, direction_centres_;
  const storage::Section* centroid_bytes_ = nullptr;
  std::span<const float> centroid_squares_, offset_lows_, offset_steps_, scale_steps_;  // one per list
  const storage::Section* group_bytes_ = nullptr;  // bytes of groups of centroids, if there are many lists (groups.h)
  std::span<const float> group_squares_;
  std::span<const std::uint32_t> sizes_;  // rows of each list
  std::vector<std::uint32_t> blocks_;     // where each list's blocks begin, and where the last ends
  const storage::Section* list_rows_ = nullptr;
  const storage::Section* list_codes_ = nullptr;
  Curves curves_;
  AdaptiveProbes adaptive_probes_;
  std::vector<GroupResiduals> residuals_;  // residuals of each list
  Guard guard_;
  std::shared_ptr<IvfSearches> searches_ = make_searches();
};

IndexKind ivf_kind();

// Adds everything except keys to `writer`.
void write_ivf(storage::Writer& writer, const ValidatedRows& source, const IvfOptions& options,
               const std::string& metadata, const BuildOptions& build, const Monitor& monitor);

}  // namespace nearabout
