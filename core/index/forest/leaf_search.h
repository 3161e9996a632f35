// Searches the leaves for one query at a time.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "index/calibration/ranked_list.h"
#include "index/filtered_efforts.h"
#include "index/forest/layout.h"
#include "index/forest/leaf_filter.h"
#include "index/forest/pending_rows.h"
#include "index/forest/ranking.h"

namespace nearabout::forest {

// The budget of a query.
struct LeafBudget {
  static constexpr double kNoLimit = std::numeric_limits<double>::infinity();

  std::size_t effort;         // rows to look at; with a filter, allowed rows
  std::size_t kept;           // number of neighbours searched for
  std::size_t excluded = 0;   // rows among the nearest that are not kept, at most
  double misses = kNoLimit;   // limit of expected misses, if the query is guarded
  double recall = 0;          // target recall of a guarded query
  double every_row_cost = 0;  // nanoseconds to compare every row
  const LeafFilter* filter = nullptr;
  double fraction = 1;                  // of the rows that are allowed
  index::FilteredEfforts efforts = {};  // instead of `effort`, for a target recall with a filter

  bool is_guarded() const { return misses < kNoLimit; }
};

struct LeafCost {
  std::size_t rows = 0, rounds = 0;
  std::size_t quiet = 0;  // consecutive rounds that found hardly anything new
  bool every_row = false, out_of_distribution = false;
};

// One thread's work space, reused for one query after another.
class LeafSearch {
 public:
  explicit LeafSearch(const ForestLayout& layout) : layout_(layout), ranking_(layout), pending_(layout) {}

  // Finds the best of at least `effort` rows, and of more if the query is guarded and has probably missed neighbours.
  LeafCost search(const metric::BoundQuery& query, const quantize::SketchQuery& sketch, const LeafBudget& budget,
                  TopK& best);

 private:
  void set_goal(const LeafBudget& budget);
  void set_filtered_goal(const LeafBudget& budget);
  void set_limit(const LeafBudget& budget, double fraction, std::size_t effort);
  bool widens(const LeafBudget& budget);
  std::size_t rows_of(const LeafSpan& leaf) const;
  std::size_t rows_of(const std::vector<LeafSpan>& leaves) const;
  bool goes_on(double misses, double nearest, std::size_t wanted, std::size_t entered, const LeafBudget& budget,
               LeafCost& used);
  bool costs_more(std::size_t wanted, double nanoseconds) const;
  std::size_t rows_with_beyond(std::size_t effort) const;
  std::size_t look_at_leaves(const std::vector<LeafSpan>& leaves, std::size_t next, std::size_t wanted,
                             std::size_t& rows);
  double expected_misses(const std::vector<LeafSpan>& leaves, std::size_t next, const TopK& best);

  const ForestLayout& layout_;
  LeafRanking ranking_;
  PendingRows pending_;
  const quantize::SketchQuery* sketch_ = nullptr;
  const LeafFilter* filter_ = nullptr;
  std::size_t wanted_ = 0;   // rows to look at; 0: every allowed row is to be compared
  double misses_ = 0;        // limit of expected misses
  double fraction_ = 1;      // of rows that are allowed, near the query
  std::size_t skipped_ = 0;  // rows of nearer leaves without allowed rows
  std::size_t effort_ = 0;   // rows to look at, allowed or not, for a target recall with a filter
  std::vector<calibration::RankedList> beyond_;
  std::size_t entered_before_ = 0;
};

}  // namespace nearabout::forest
