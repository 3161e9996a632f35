// The rows of leaves that wait to be compared in full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/row_set.h"
#include "base/scored.h"
#include "base/top_k.h"
#include "index/forest/layout.h"
#include "index/forest/ranking.h"
#include "metric/bound_query.h"

namespace nearabout::forest {

// Scores rows by their sketches, and compares the most promising with the query, until the others are not expected to
// be among the best. One thread's work space, reused for one query after another.
class PendingRows {
 public:
  explicit PendingRows(const ForestLayout& layout);

  // Starts a query that looks for `k` neighbours among about `effort` rows. All references must outlive its search.
  void start(const metric::BoundQuery& query, const quantize::SketchQuery& sketch, std::size_t effort, std::size_t k,
             TopK& best);
  // Adds only allowed rows; all with null.
  void set_filter(const LeafFilter* filter) { filter_ = filter; }
  // Adds the promising rows of a leaf. Compares some if too many wait.
  void add(const LeafSpan& leaf);
  void prefetch(const LeafSpan& leaf) const;
  // Compares the most promising rows first, until those that follow are not expected to be among the best.
  void settle();
  // Allows more rows, of more leaves, to wait. Called after settle().
  void widen(std::size_t effort, std::size_t k);
  // Returns true if rows that may be among the best were dropped for lack of room.
  bool has_dropped_near_rows() const { return dropped_ < score_limit(); }
  // Returns how many of the rows that a filter left out are as near as the best found so far.
  std::size_t near_left_out();

 private:
  static constexpr float kInfinity = std::numeric_limits<float>::infinity();

  // Returns the score above which rows are not expected to be among the best any more.
  float score_limit() const;
  std::size_t depth_for(std::size_t effort, std::size_t k) const;
  void set_room(std::size_t k);
  void tighten();
  void shorten();
  void compare(std::size_t begin, std::size_t end);
  std::vector<Scored>::iterator place(std::size_t index) {
    return waiting_.begin() + static_cast<std::ptrdiff_t>(index);
  }

  const ForestLayout& layout_;
  const LeafFilter* filter_ = nullptr;
  bool by_estimate_;
  MatrixView codes_, rows_;
  const metric::BoundQuery* query_ = nullptr;
  const quantize::SketchQuery* sketch_ = nullptr;
  TopK* best_ = nullptr;
  std::size_t chunk_rows_ = 0;  // waiting rows compared each time they are examined
  std::size_t depth_ = 0;       // largest number of waiting rows
  std::size_t next_look_ = 0;   // number of waiting rows at which they are examined next
  float threshold_ = kInfinity;
  float dropped_ = kInfinity;  // least score of rows dropped for lack of room
  std::vector<Scored> waiting_;
  std::vector<float> left_out_;    // scores of rows that the filter left out
  std::size_t more_left_out_ = 0;  // besides those, if they became too many
  RowSet compared_;
  std::vector<std::int32_t> dots_;
  std::vector<std::uint32_t> hits_;
  std::vector<float> scores_;
};

}  // namespace nearabout::forest
