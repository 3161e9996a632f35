// Queries whose true neighbours are known: what an index is measured with.
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

namespace nearabout {

class Searcher;
struct SearchResult;
struct Request;

inline constexpr std::size_t kMaxNeighbours = 100;  // that are looked for
// Rows are asked with for some more, of which near copies are left out (near_copies.h).
inline constexpr std::size_t kScannedNeighbours = kMaxNeighbours + kMaxNearCopies + 4;
inline constexpr std::size_t kMaxCopies = 24;     // exact ones: a row with more of them says nothing of other queries
inline constexpr std::size_t kHeldOutRows = 384;  // where rows are the queries

// For each of kCalibratedK neighbours, how many are no farther than the last of them: where distances are equal, any of
// these rows will do.
using AsNear = std::array<std::size_t, 3>;
// How many of `neighbours` count where k are asked for: k, where that was not measured.
std::size_t count_as_near(const AsNear& as_near, std::size_t neighbours, std::size_t k);

struct CalibrationQueries {
  std::size_t dims = 0;
  std::vector<float> vectors;       // as they are asked, one after the other
  std::vector<std::uint32_t> rows;  // where they were taken from; empty for queries that the user gave
  // The true neighbours of each, nearest first: kMaxNeighbours, or as many as there are. Rows are not their own
  // neighbours, nor are their copies and near copies, which say nothing of other queries; a row with more than
  // kMaxCopies copies has no neighbours.
  std::vector<std::vector<std::uint32_t>> nearest;
  // Their squared distances, of unit vectors under cosine; other metrics': their ranks (metric/bound_query.h).
  std::vector<std::vector<double>> squares;
  // The near copies of each, ascending by row.
  std::vector<std::vector<std::uint32_t>> near_copies;
  std::vector<AsNear> as_near;  // of `nearest`

  std::size_t count() const { return dims == 0 ? 0 : vectors.size() / dims; }
  const float* vector(std::size_t i) const { return vectors.data() + i * dims; }
  bool is_near_copy(std::size_t i, std::uint32_t row) const {
    return std::binary_search(near_copies[i].begin(), near_copies[i].end(), row);
  }
  std::size_t count_as_near(std::size_t i, std::size_t k) const {
    return nearabout::count_as_near(as_near[i], nearest[i].size(), k);
  }
  // Takes what was found for calibration query i, nearest first, by ranks that are distances to the `power`, in `unit`;
  // and the number of exact copies that were left out. Under inner products a row far nearer than others is no near
  // copy but a long row, which every query finds: nothing is left out then.
  void take_found(std::size_t i, const std::vector<Neighbour>& found, double power, double unit, std::size_t copies,
                  bool inner = false);
};

// CalibrationQueries as an index of that element is asked: as they are, or packed into bits.
class EncodedQueries {
 public:
  EncodedQueries(const CalibrationQueries& calibration_queries, Element element);
  MatrixView view() const { return view_; }

 private:
  std::vector<std::byte> bits_;
  MatrixView view_;
};

// Whether a table has rows enough to do without those that may become queries.
bool can_hold_out(std::size_t rows);
// The rows that may become queries: nothing that is to be measured with them should be learnt from them.
std::vector<std::uint32_t> held_out_rows(std::size_t rows);
// Whether a row is one of them, and is left out of what is learnt.
bool is_held_out(std::size_t row, std::size_t rows);

// What the user gave to measure with: queries, one after the other, or numbers of rows; or neither.
struct CalibrationInput {
  std::span<const float> queries = {};
  std::span<const std::uint32_t> rows = {};
};

// Of those given as many as are of use, spread evenly; where there are none, held_out_rows(). One in `step` of them.
CalibrationQueries sample_calibration_queries(const CalibrationInput& given, const RowReader& read, std::size_t rows,
                                              std::size_t dims, std::size_t step);

// Index::search(), but that a build within a budget asks one at a time and gives back the memory of what it read.
std::vector<SearchResult> search_within(const Searcher& index, MatrixView queries, const Request& request,
                                        std::size_t memory);

// Fills calibration queries.nearest by comparing every calibration query with every row, in the space that `transform`
// leads to.
void find_neighbours(CalibrationQueries& calibration_queries, const RowReader& read, std::size_t rows,
                     const MetricTransform& transform, const BuildOptions& build, const Monitor& monitor = {});

}  // namespace nearabout
