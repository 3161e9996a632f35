// The exact index: vectors and, if it pays, a screen of small codes that rules out most rows (quantize/screen.h).
// Results are those of a float64 brute-force search.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "index/build_options.h"
#include "index/exact/scan.h"
#include "index/searcher.h"
#include "index/validated_rows.h"
#include "quantize/byte_bounds_file.h"
#include "quantize/screen_file.h"

namespace nearabout::index {
struct IndexKind;  // registry.h
}  // namespace nearabout::index

namespace nearabout::exact {

inline constexpr std::uint32_t kExactNumber = 1;

class ExactIndex : public index::Searcher {
 public:
  ExactIndex(const storage::File& file, const index::Descriptor& descriptor);

 protected:
  void do_search(MatrixView queries, const index::Request& request, const index::Budget&,
                 index::Results& results) const override {
    scan_.search(queries, request, results);
  }
  void copy_vector(std::uint32_t row, std::byte* to) const override;
  std::unique_ptr<const index::KindFilter> derive_filter(const index::RowFilter&) const override;

 private:
  const storage::Section* vectors_;
  std::optional<quantize::StoredScreen> screen_;
  std::optional<quantize::StoredByteBounds> bytes_;
  ExactScan scan_;
};

index::IndexKind exact_kind();

struct ExactOptions {
  bool byte_rows = false;
  bool rough = false;  // with a rough screen: few searches pay for a better one
};

// Adds everything except keys to `writer`.
void write_exact(storage::Writer& writer, const index::ValidatedRows& source, const ExactOptions& exact,
                 const std::string& metadata, const index::BuildOptions& options, const Monitor& monitor);

}  // namespace nearabout::exact
