// A group of queries: their codes, the rows whose codes are near or that are in their buckets, and the nearest of
// these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/top_k.h"
#include "index/lsh/codes_scan.h"
#include "index/lsh/layout.h"
#include "index/lsh/query_codes.h"
#include "index/lsh/table_lookup.h"
#include "index/request.h"
#include "index/results.h"
#include "index/search_stats.h"
#include "metric/bound_query.h"

namespace nearabout::lsh {

// The budget of a query.
struct LshBudget {
  std::size_t count;  // rows that are compared
  std::size_t least;  // that are needed; if there are not as many in buckets, every row is compared
  bool guarded;       // whether queries that have probably missed neighbours are left to a scan of every row
  double recall;      // the recall to keep, if guarded
};

// One thread's work space, kept from search to search.
class LshSearch {
 public:
  explicit LshSearch(const LshLayout& layout);

  // Answers queries [begin, end).
  void run(MatrixView queries, std::size_t begin, std::size_t end, const LshBudget& budget,
           const index::Request& request, index::SearchStats* stats, index::Results& results);

 private:
  void compare(MatrixView queries, std::size_t number, const FoundRows& found, const index::Request& request,
               index::Results& results);
  void compare_some(const metric::BoundQuery& bound, std::span<const std::uint32_t> rows, const index::Request& request,
                    TopK& best);
  // Returns true if so many of the neighbours are in the half of the rows that looked farther that many others must be
  // beyond these.
  static bool misses_many(std::size_t number, const FoundRows& found, const LshBudget& budget,
                          const index::Request& request, const index::Results& results);
  void add_counts(std::size_t queries, index::SearchStats& stats) const;

  const LshLayout& layout_;
  MatrixView view_;
  QueryCodes codes_;
  CodesScan scan_;
  TableLookup lookup_;
  std::vector<double> rdists_;
  std::uint64_t probed_ = 0, compared_ = 0;
};

}  // namespace nearabout::lsh
