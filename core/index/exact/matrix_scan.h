// Scans rows for many queries at once, using their screens: the products of all codes are products of matrices.
//
// The first rows set a limit for each query (first_limit.h). The others are taken a chunk at a time: products and
// limits in one pass, then the few pairs within their limits are compared in full at once, while the chunk's rows are
// in the cache for other queries, and lower the limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/aligned.h"
#include "base/top_k.h"
#include "index/exact/bound_queries.h"
#include "index/exact/candidates.h"
#include "index/exact/first_limit.h"
#include "index/exact/screened_block.h"
#include "metric/bound_query.h"
#include "quantize/screen_file.h"

namespace nearabout::exact {

// With at most this many queries, matrix products do not pay for the packing of panels: too few share it.
inline constexpr std::size_t kFewQueries = 4;

class MatrixScan {
 public:
  // The neighbours of query i go to best[i].
  MatrixScan(const Screened& rows, const ScannedRows& scanned, const BoundQueries& queries, std::vector<TopK>& best,
             std::size_t k);

  // Scans the rows at places [begin, end).
  void run(std::size_t begin, std::size_t end);

 private:
  // The state of one query.
  struct Own {
    std::uint32_t begin = 0, end = 0;  // of its hits in sorted_
  };
  void find_limits(const ScreenedBlock& block);
  void scan(const ScreenedBlock& block);
  kernels::MatrixRows pack(const ScreenedBlock& block);
  kernels::MatrixQueries queries(std::size_t first, std::size_t count) const;
  // Sorts hits by their queries.
  void sort_hits(const ScreenedBlock& block, std::size_t count);
  void compare_hits(const ScreenedBlock& block);
  void fetch_hits(std::size_t query);
  // Returns the squared norms of the rows that have hits, by row numbers; null if queries do not take them.
  const std::uint32_t* squares_of(const ScreenedBlock& block);
  void set_screen(std::size_t query);
  std::size_t padded_queries() const { return screens_.size(); }

  std::size_t k_;
  std::size_t dims_;    // of the codes
  std::size_t padded_;  // the same for matrix products
  std::size_t chunk_;   // rows that are compared before the next are multiplied
  std::size_t piece_;   // rows of these that are multiplied together
  const storage::Section& vectors_;
  const kernels::MatrixKernels& kernels_;
  bool takes_squares_;
  BlockReader reader_;
  FirstLimit first_limit_;
  std::optional<ByteComparison> bytes_;
  std::vector<Candidates> candidates_;
  AlignedArray<std::int8_t> codes_;             // of the queries
  std::vector<kernels::MatrixScreen> screens_;  // of the queries, padded
  AlignedArray<std::uint8_t> panels_;
  std::vector<float> offsets_, errors_;  // of the panels' rows
  std::vector<std::int32_t> dots_;
  std::unique_ptr<kernels::MatrixHit[]> hits_;
  std::vector<Own> own_;
  std::vector<Candidate> sorted_;
  std::vector<std::uint32_t> squares_;
};

}  // namespace nearabout::exact
