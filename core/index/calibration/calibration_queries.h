// Calibration queries, whose true neighbours are known.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "base/monitor.h"
#include "base/top_k.h"
#include "index/build_options.h"
#include "index/calibration/near_copies.h"
#include "transform/metric_transform.h"
#include "transform/sample.h"

namespace nearabout::index {
class Searcher;
struct SearchResult;  // results.h
struct Request;
}  // namespace nearabout::index

namespace nearabout::calibration {

inline constexpr std::size_t kMaxNeighbours = 100;  // neighbours searched for
// If rows are the queries, some more neighbours are searched for, of which near copies are dropped (near_copies.h).
inline constexpr std::size_t kScannedNeighbours = kMaxNeighbours + kMaxNearCopies + 4;
inline constexpr std::size_t kMaxCopies = 24;     // exact copies: a row with more of them says nothing of other queries
inline constexpr std::size_t kHeldOutRows = 384;  // number of queries if rows are the queries

// For each of kCalibratedK neighbours, how many are no farther than the last of them: if distances are equal, any of
// these rows is correct.
using AsNear = std::array<std::size_t, 3>;
// Returns how many of `neighbours` are correct results for k; k itself if that was not measured.
std::size_t count_as_near(const AsNear& as_near, std::size_t neighbours, std::size_t k);

struct CalibrationQueries {
  std::size_t dims = 0;
  std::vector<float> vectors;       // as a user would pass them, one after another
  std::vector<std::uint32_t> rows;  // the rows they are; empty for queries that the user gave
  // The true neighbours of each query, nearest first: kMaxNeighbours, or as many as there are. A row is not its own
  // neighbour, nor are its copies and near copies, which say nothing of other queries; a row with more than kMaxCopies
  // copies has no neighbours.
  std::vector<std::vector<std::uint32_t>> nearest;
  // Their squared distances (of unit vectors under cosine); for other metrics their reduced distances
  // (metric/bound_query.h).
  std::vector<std::vector<double>> squares;
  // The near copies of each query, ascending by row.
  std::vector<std::vector<std::uint32_t>> near_copies;
  std::vector<AsNear> as_near;  // for `nearest`

  std::size_t count() const { return dims == 0 ? 0 : vectors.size() / dims; }
  const float* vector(std::size_t i) const { return vectors.data() + i * dims; }
  bool is_near_copy(std::size_t i, std::uint32_t row) const {
    return std::binary_search(near_copies[i].begin(), near_copies[i].end(), row);
  }
  std::size_t count_as_near(std::size_t i, std::size_t k) const {
    return calibration::count_as_near(as_near[i], nearest[i].size(), k);
  }
  // Stores the rows found for calibration query i, nearest first, whose reduced distances are distances to the power
  // `power`, in units of `unit`; and the number of exact copies dropped. Under inner products a row far nearer than
  // others is not a near copy but a long row, which every query finds: none is dropped then.
  void take_found(std::size_t i, const std::vector<Neighbour>& found, double power, double unit, std::size_t copies,
                  bool inner = false);
};

// Calibration queries in the element type of an index: unchanged, or packed into bits.
class EncodedQueries {
 public:
  EncodedQueries(const CalibrationQueries& calibration_queries, Element element);
  MatrixView view() const { return view_; }

 private:
  std::vector<std::byte> bits_;
  MatrixView view_;
};

// Returns true if a table has enough rows to exclude the held-out rows from training.
bool can_hold_out(std::size_t rows);
// Returns the rows that may become queries: training must exclude them from anything measured with these queries.
std::vector<std::uint32_t> held_out_rows(std::size_t rows);
// Returns true if a row is one of them, and must be excluded from training.
bool is_held_out(std::size_t row, std::size_t rows);

// Returns `wanted` rows to learn from, spread over all, without the held-out rows unless there are hardly others.
// wanted <= rows.
std::vector<std::size_t> rows_to_learn_from(std::size_t rows, std::size_t wanted);

// The queries or row numbers that the user gave to calibrate with, or neither.
struct CalibrationInput {
  std::span<const float> queries = {};
  std::span<const std::uint32_t> rows = {};
};

// Samples the given queries or rows evenly, as many as are useful; if none are given, uses held_out_rows(). Takes one
// in `step`.
CalibrationQueries sample_calibration_queries(const CalibrationInput& given, const transform::RowReader& read,
                                              std::size_t rows, std::size_t dims, std::size_t step);

// Searches like Searcher::search(), but under a memory budget runs one query at a time and releases mapped pages after
// each.
std::vector<index::SearchResult> search_within(const index::Searcher& index, MatrixView queries,
                                               const index::Request& request, std::size_t memory);

// Fills calibration_queries.nearest by comparing every calibration query with every row, in the space that `transform`
// maps to.
void find_neighbours(CalibrationQueries& calibration_queries, const transform::RowReader& read, std::size_t rows,
                     const transform::MetricTransform& transform, const index::BuildOptions& build,
                     const Monitor& monitor = {});

}  // namespace nearabout::calibration
