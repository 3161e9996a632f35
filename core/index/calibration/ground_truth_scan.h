// The true neighbours of several queries, from one pass over all rows.
//
// Rows and queries are first compared as bytes, panels of rows by 8 queries at a time. The rounding error of every row
// and every query is known (the lengths of what was rounded away, with the Cauchy-Schwarz inequality), so each distance
// has proven bounds; only rows whose lower bound is within a query's k nearest so far are compared in float64, one
// block of rows at a time, the most promising first. The exact index does the same with a stored screen
// (quantize/screen.h); here rows pass by once, and nothing is stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned.h"
#include "base/scored.h"
#include "base/top_k.h"
#include "kernels/kernels.h"

namespace nearabout::calibration {

class GroundTruthScan {
 public:
  static constexpr std::size_t kGroupRows = 8 * kernels::kPanelRows;  // rows that share a scale

  // Prepares the queries, which are one after another, in the space where near means a small Euclidean distance, and
  // must outlive this. `own` has the row that each query is, or is empty: neither that row nor a copy of it is then its
  // neighbour.
  GroundTruthScan(const std::vector<float>& queries, std::size_t dims, std::size_t k,
                  const std::vector<std::uint32_t>& own, std::size_t threads);

  // Compares rows first .. first + count - 1; each row must be passed once.
  void look_at(std::size_t first, const float* rows, std::size_t count);

  // Returns the neighbours of a query by their squared distances, nearest first, ties by row. May be called once per
  // query.
  std::vector<Neighbour> take(std::size_t query) { return queries_[query].best.take_sorted(); }
  // Returns how many copies of a query were dropped, not counting the query itself.
  std::size_t copies(std::size_t query) const { return queries_[query].copies; }

 private:
  // A query as bytes, in multiples of `scale`; `length` and `error` are the lengths of the vector and of what was
  // rounded away.
  struct Query {
    std::vector<double> vector;
    float scale = 0;
    std::int32_t sum = 0;  // sum of its bytes
    double square = 0;
    double length = 0;
    double error = 0;
    TopK best{0};
    std::size_t copies = 0;
    // Rows of the current block that may be near; their scores are lower bounds of their squared distances, minus
    // the query's squared norm.
    std::vector<Scored> waiting;
    float limit = 0;  // limit of the scores
    float width = 0;  // upper bound of the distance minus the score
  };
  // Several panels of rows as bytes, in multiples of `scale`; `longest` is the largest norm of their rounded vectors.
  struct Group {
    float scale;
    float longest;
    float error;  // largest over its rows
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
  AlignedArray<std::uint8_t> packed_;
  std::size_t room_ = 0;                 // number of groups
  std::vector<float> squares_, errors_;  // for the rows of the current block
};

}  // namespace nearabout::calibration
