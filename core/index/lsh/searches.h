// A group of queries: their codes, the rows whose codes are near or that are in their buckets, and the nearest of
// these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "index/lsh/codes_scan.h"
#include "index/lsh/layout.h"
#include "index/lsh/query_codes.h"
#include "index/lsh/table_lookup.h"
#include "index/request.h"
#include "index/results.h"
#include "index/search_stats.h"

namespace nearabout::lsh {

// One thread's work space, kept from search to search.
class LshSearch {
 public:
  explicit LshSearch(const LshLayout& layout);

  // Answers queries [begin, end): compares `count` rows for each, or more if these are fewer than the `least` needed.
  void run(MatrixView queries, std::size_t begin, std::size_t end, std::size_t count, std::size_t least,
           const index::Request& request, index::SearchStats* stats, index::Results& results);

 private:
  void compare(MatrixView queries, std::size_t number, const std::vector<std::uint32_t>& rows,
               const index::Request& request, index::Results& results);
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
