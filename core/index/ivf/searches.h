// The work spaces of searches through lists of codes: one per thread, kept from search to search.
#pragma once

#include <cstddef>

#include "index/ivf/compare.h"
#include "index/ivf/scan.h"
#include "index/results.h"
#include "index/search_stats.h"

namespace nearabout::ivf {

// One thread's work space, used for one group of queries at a time.
class IvfSearch {
 public:
  IvfSearch(const IvfLayout& layout, PageCacheMonitor& page_cache)
      : layout_(layout), scan_(layout, page_cache), comparison_(layout, page_cache) {}

  struct Group {
    MatrixView queries;
    std::size_t begin, end;
  };
  void run(const Group& group, const IvfBudget& allowance, const index::Request& request, index::SearchStats* stats,
           index::Results& results);

 private:
  void note_efforts(const Group& group, index::Results& results);
  void count(index::SearchStats& stats) const;

  const IvfLayout& layout_;
  ListScan scan_;
  RowComparison comparison_;
};

}  // namespace nearabout::ivf
