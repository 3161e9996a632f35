// Scans a range of rows for a group of queries, using their screens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned.h"
#include "base/top_k.h"
#include "index/exact/candidates.h"
#include "index/exact/scanned_rows.h"
#include "metric/bound_query.h"
#include "quantize/screen_file.h"

namespace nearabout::exact {

// With at most this many queries, panels do not pay for their packing: they share too little of a scan.
inline constexpr std::size_t kFewQueries = 4;

// The rows are processed in blocks. The first block sets a limit for each query: its most promising rows are compared
// in full. In later blocks only rows within the limit are examined, a few in a hundred.
class ScreenedScan {
 public:
  // Binds query i by queries[i] and screens[i]; its neighbours go to best[i].
  ScreenedScan(const quantize::StoredScreen& stored, const storage::Section& vectors, const ScannedRows& rows,
               const metric::BoundQuery* queries, const quantize::ScreenQuery* screens, std::vector<TopK>& best,
               std::size_t k);

  // Scans the rows at places [begin, end).
  void run(std::size_t begin, std::size_t end);

 private:
  // A block of rows: their codes, offsets and errors.
  struct Block {
    std::uint32_t first;
    const std::uint32_t* list;  // rows; null if they are those from `first` on
    std::size_t rows;
    MatrixView codes;  // of these rows; if listed, of all rows
    const float* offsets;
    const float* errors;

    std::uint32_t row(std::size_t place) const {
      return list ? list[place] : first + static_cast<std::uint32_t>(place);
    }
    kernels::Rows code_rows() const { return {codes.data, codes.stride, list, rows}; }
  };

  Block block_at(std::size_t place, std::size_t rows);
  Block listed_block(const std::uint32_t* list, std::size_t rows);
  // Returns offsets that are NaN for rows to be left out, so that these are never hits.
  const float* masked(const float* offsets, std::size_t first, std::size_t rows);
  void pack(const Block& block, std::size_t place, std::size_t rows);
  void make_room(std::size_t dims);
  void start(const Block& block);
  void start_one(std::size_t query, const Block& block, const std::int32_t* dots);
  void scan_rows(const Block& block);
  void scan_panels(const Block& block);
  template <class Take>
  void each_panel(const Block& block, Take take);
  // Computes the products of a query's code with the codes of a whole block.
  void products(std::size_t query, const Block& block, std::int32_t* dots) const;
  // Compares at least as many of a block's most promising rows as are wanted. Sets `compared` to the compared rows, in
  // order.
  void compare_promising(std::size_t query, const Block& block, const std::int32_t* dots, std::size_t wanted,
                         std::vector<std::uint32_t>& compared);
  // Writes to hits_ and scores_ the rows of `block` at places from `row` on that the query's limit allows. Returns how
  // many.
  std::size_t find_hits(std::size_t query, const Block& block, std::size_t row, std::size_t rows,
                        const std::int32_t* dots);
  // Adds these rows to those that wait, or compares them at once.
  void take_hits(std::size_t query, const Block& block, std::size_t row, std::size_t rows, const std::int32_t* dots);

  std::size_t count() const { return candidates_.size(); }
  bool by_panels() const;

  // Turns the first `count` of hits_ from places after `place` into rows.
  void name_hits(const Block& block, std::size_t place, std::size_t count);

  const quantize::StoredScreen& stored_;
  const ScannedRows& scanned_;
  const quantize::ScreenQuery* screens_;
  std::size_t k_;
  std::size_t all_rows_;
  const kernels::ScreenKernels& kernels_;
  std::vector<Candidates> candidates_;

  std::size_t query_stride_;
  // For panels: the queries' codes, one after another, and the buffers for one panel.
  AlignedArray<std::int8_t> query_codes_;
  AlignedArray<std::uint8_t> panel_;
  AlignedArray<std::int32_t> panel_dots_;
  std::vector<std::int32_t> dots_;  // products of a block: one query's, or at the start those of the whole group
  std::vector<std::uint32_t> hits_;
  std::vector<float> scores_;
  // For filters: the offsets and errors of a block, and the codes of a panel.
  std::vector<float> offsets_, errors_;
  std::vector<std::byte> gathered_;
};

}  // namespace nearabout::exact
