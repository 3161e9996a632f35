// Hashing: every row has a code of bits, and near rows differ in few of them.
//
// Either the codes of all rows are scanned, and the rows whose codes differ least from the query's are compared in
// full; or the rows are in several hash tables, whose keys are short codes, and those in the query's buckets and the
// next most promising ones are compared (probes.h). The codes are quantize/binary_codes.h, or, of vectors of bits, some
// of their bits (quantize/sampled_bits.h). docs/explanation/hashing.md says when that is worth it.
//
// `effort` is the number of rows that are compared.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "index/build_options.h"
#include "index/exact/scan.h"
#include "index/lsh/layout.h"
#include "index/lsh/options.h"
#include "index/lsh/searches.h"
#include "index/searcher.h"
#include "index/validated_rows.h"
#include "index/work_spaces.h"
#include "storage/writer.h"

namespace nearabout::index {
struct IndexKind;  // registry.h
}  // namespace nearabout::index

namespace nearabout::lsh {

inline constexpr std::uint32_t kLshNumber = 6;

// Rows that every search compares: so few take no time beside the scan, and the nearest of a few is found by chance.
inline constexpr std::size_t kMinCompared = 32;

class LshIndex : public index::Searcher {
 public:
  LshIndex(const storage::File& file, const index::Descriptor& descriptor);

  const LshLayout& layout() const { return layout_; }
  index::EffortRange effort() const override { return {"rows", 1, std::max<std::size_t>(1, rows()), true}; }
  index::Description describe() const override;
  double query_cost(std::size_t k, std::size_t effort) const override;
  std::unique_ptr<calibration::RecallProfile> profile(const calibration::CalibrationQueries& queries,
                                                      const index::BuildOptions& build,
                                                      const Monitor& monitor) const override;
  std::size_t least_effort(std::size_t k) const override { return std::max(k, kMinCompared); }
  // The row itself and its copies are the first that are compared, and no fresh query has any.
  bool is_led_by_rows() const override { return true; }
  bool counts_work() const override { return true; }
  // The screen rules allowed rows out sooner than codes tell which are near.
  bool compares_allowed_rows() const override { return true; }
  std::unique_ptr<const index::KindFilter> derive_filter(const index::RowFilter& filter) const override;
  void verify(const Monitor& monitor) const override { verify_tables(layout_, monitor); }
  void release_memory() const override { layout_.file.forget(); }

 protected:
  std::size_t fallback_effort(std::size_t k) const override;
  void do_search(MatrixView queries, const index::Request& request, const index::Budget& budget,
                 index::Results& results) const override;
  double exact_cost(std::size_t k, std::size_t rows) const override;
  void copy_vector(std::uint32_t row, std::byte* to) const override;

 private:
  LshLayout layout_;
  std::optional<quantize::StoredScreen> screen_;
  exact::ExactScan scan_;
  mutable index::WorkSpaces<LshSearch> searches_;
};

index::IndexKind lsh_kind();

// Adds everything except keys to `writer`.
void write_lsh(storage::Writer& writer, const index::ValidatedRows& source, const LshOptions& given,
               const std::string& metadata, const index::BuildOptions& build, const Monitor& monitor);

}  // namespace nearabout::lsh
