// The true neighbours of some queries, from one pass over all rows.
//
// Rows and queries are first compared as bytes, panels of rows by 8 queries at a time. What rounding to bytes can be
// off by is known of every row and every query (the lengths of what was rounded away, by the inequality of Cauchy and
// Schwarz), so that bounds of each distance are proven; only rows whose lower bound is within a query's k nearest so
// far are compared in float64, a block of rows at a time, the most promising first. The exact index does the same with
// a screen that it keeps (quantize/screen.h); here rows pass by once, and nothing is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned.h"
#include "base/top_k.h"
#include "kernels/kernels.h"

namespace nearabout {

class GroundTruthScan {
 public:
  static constexpr std::size_t kGroupRows = 8 * kernels::kPanelRows;  // that share a scale

  // `queries` are one after the other, in the space in which near means a small Euclidean distance, and outlive this.
  // `own` has the row that each query is, or nothing: neither that row nor a copy of it is its neighbour then.
  GroundTruthScan(const std::vector<float>& queries, std::size_t dims, std::size_t k,
                  const std::vector<std::uint32_t>& own, std::size_t threads);

  // Rows first .. first + count - 1; each row comes once.
  void look_at(std::size_t first, const float* rows, std::size_t count);

  // The neighbours of a query by their squared distances, nearest first, ties by row. Once for each query.
  std::vector<Neighbour> take(std::size_t query) { return queries_[query].best.take_sorted(); }
  // How many copies of a query were left out, itself not counted.
  std::size_t copies(std::size_t query) const { return queries_[query].copies; }

 private:
  // A row that may be near: the least that its squared distance from a query, less the query's square, can be.
  struct Waiting {
    float least;
    std::uint32_t row;  // of those at hand
    friend bool operator<(const Waiting& a, const Waiting& b) { return a.least < b.least; }
  };
  // A query: bytes, multiples of `scale`; `length` and `error` are those of the vector and of what was rounded away.
  struct Query {
    std::vector<double> vector;
    float scale = 0;
    std::int32_t sum = 0;  // of its bytes
    double square = 0;
    double length = 0;
    double error = 0;
    TopK best{0};
    std::size_t copies = 0;
    std::vector<Waiting> waiting;
    float limit = 0;  // of `least`
    float width = 0;  // at most so much above the least is the distance
  };
  // Some panels of rows: bytes are multiples of `scale`; `longest` of their rounded vectors.
  struct Group {
    float scale;
    float longest;
    float error;  // the largest of its rows
  };
  void pack(const float* rows, std::size_t group, std::size_t count);
  void look_at_group(std::size_t query, std::size_t group, std::size_t count, const std::int32_t* dots);
  void tighten(Query& query) const;
  void settle(std::size_t query, std::size_t first, const float* rows);
  std::uint8_t* group_bytes(std::size_t group) const;

  std::size_t dims_, padded_, k_, threads_;
  const std::vector<std::uint32_t>& own_;
  std::vector<Query> queries_;
  std::vector<std::int8_t> query_bytes_;
  std::vector<Group> groups_;
  AlignedBytes packed_;
  std::size_t room_ = 0;                 // groups
  std::vector<float> squares_, errors_;  // of the rows at hand
};

}  // namespace nearabout
