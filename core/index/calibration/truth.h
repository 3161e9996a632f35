// The true neighbours of some queries, from one pass over all rows.
//
// Rows and queries are first compared as bytes, 32 rows by 8 queries at a time. What rounding to bytes can be off by is
// known of every row and every query (the lengths of what was rounded away, by the inequality of Cauchy and Schwarz),
// so that a lower bound of each distance is proven; only rows whose bound is within a query's k nearest so far are
// compared in float64. The exact index does the same with a screen that it keeps (quantize/screen.h); here rows pass by
// once, and nothing is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned.h"
#include "base/top_k.h"
#include "kernels/kernels.h"

namespace nearabout {

class TruthScan {
 public:
  static constexpr std::size_t kPanel = kernels::kPanelRows;

  // `queries` are one after the other, in the space in which near means a small Euclidean distance, and outlive this.
  // `own` has the row that each query is, or nothing: neither that row nor a copy of it is its neighbour then.
  TruthScan(const std::vector<float>& queries, std::size_t dims, std::size_t k, const std::vector<std::uint32_t>& own,
            std::size_t threads);

  // Rows first .. first + count - 1; each row comes once.
  void look_at(std::size_t first, const float* rows, std::size_t count);

  // The neighbours of each query, nearest first, ties by row.
  std::vector<std::vector<std::uint32_t>> take();

 private:
  // A query: bytes, multiples of `scale`; `length` and `error` are those of the vector and of what was rounded away.
  struct Query {
    std::vector<double> vector;
    float scale = 0;
    std::int32_t sum = 0;  // of its bytes
    double square = 0;
    double length = 0;
    double error = 0;
    TopK best{0};
  };
  // 32 rows: bytes are multiples of `scale`; `longest` of their rounded vectors.
  struct Panel {
    float scale;
    float longest;
  };
  void pack(const float* rows, std::size_t panel, std::size_t count);
  void compare(std::size_t query, std::size_t panel, std::size_t first, const float* rows, std::size_t count,
               const std::int32_t* dots);
  std::uint8_t* panel_bytes(std::size_t panel) const;

  std::size_t dims_, padded_, threads_;
  const std::vector<std::uint32_t>& own_;
  std::vector<Query> queries_;
  std::vector<std::int8_t> query_bytes_;
  std::vector<Panel> panels_;
  AlignedBytes packed_;
  std::size_t room_ = 0;                // panels
  std::vector<float> squares_, errors_;  // of the rows at hand
};

}  // namespace nearabout
