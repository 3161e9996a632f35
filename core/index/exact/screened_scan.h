// Scans rows for a few queries, one after the other, using their screens. Many queries: matrix_scan.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/top_k.h"
#include "index/exact/bound_queries.h"
#include "index/exact/candidates.h"
#include "index/exact/first_limit.h"
#include "index/exact/screened_block.h"
#include "metric/bound_query.h"
#include "quantize/screen_file.h"

namespace nearabout::exact {

// The rows are processed in blocks. The first block sets a limit for each query: its most promising rows are compared
// in full. In later blocks only rows within the limit are examined, a few in a hundred.
class ScreenedScan {
 public:
  // The neighbours of query i go to best[i].
  ScreenedScan(const Screened& rows, const ScannedRows& scanned, const BoundQueries& queries, std::vector<TopK>& best,
               std::size_t k);

  // Scans the rows at places [begin, end).
  void run(std::size_t begin, std::size_t end);

 private:
  void scan(Candidates& candidates, const ScreenedBlock& block);
  // Computes the products of a query's code with the codes of a block.
  void products(const Candidates& candidates, const ScreenedBlock& block);

  std::uint8_t flip_;
  std::size_t k_;
  BlockReader reader_;
  FirstLimit first_limit_;
  std::optional<ByteComparison> bytes_;
  std::vector<Candidates> candidates_;
  // Not initialised, which would take longer than to screen some hundred rows.
  std::unique_ptr<std::int32_t[]> dots_;
  std::unique_ptr<std::uint32_t[]> hits_;
  std::unique_ptr<float[]> scores_;
};

}  // namespace nearabout::exact
