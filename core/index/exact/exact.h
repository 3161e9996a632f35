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
#include "quantize/screen_file.h"

namespace nearabout {

struct IndexKind;  // registry.h

inline constexpr std::uint32_t kExactNumber = 1;

class ExactIndex : public Searcher {
 public:
  ExactIndex(const storage::File& file, const Descriptor& descriptor);

 protected:
  void do_search(MatrixView queries, const Request& request, const Budget&, Results& results) const override {
    scan_.search(queries, request, results);
  }
  void copy_vector(std::uint32_t row, std::byte* to) const override;

 private:
  const storage::Section* vectors_;
  std::optional<StoredScreen> screen_;
  ExactScan scan_;
};

IndexKind exact_kind();

// Adds everything except keys to `writer`.
void write_exact(storage::Writer& writer, const ValidatedRows& source, const std::string& metadata,
                 const BuildOptions& options, const Monitor& monitor);

}  // namespace nearabout
