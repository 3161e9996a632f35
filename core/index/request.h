// The request of a search.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "base/monitor.h"

namespace nearabout::index {

class RowFilter;     // row_filter.h
struct SearchStats;  // search_stats.h

struct Request {
  std::size_t k = 10;                 // neighbours per query, at most the number of rows
  std::optional<double> radius = {};  // largest distance of a result
  std::size_t threads = 1;            // 0: all cores; small searches use fewer
  Monitor monitor = {};               // cancels the search by throwing
  // Results contain only rows that it allows, found by comparing each of them; null: any row.
  const RowFilter* filter = nullptr;
  // The search throws DeadlineError if it takes longer; checked before it starts and about ten times a second.
  std::optional<std::chrono::steady_clock::time_point> deadline = {};
  bool exact = false;  // compare every row, whatever the kind
  // Effort of an approximate kind, used as it is; without one, the effort that `recall` needs.
  std::optional<std::size_t> effort = {};
  std::optional<double> recall = {};  // target; without one, the calibration's target
  SearchStats* stats = nullptr;       // receives counts and times, from kinds that count their work
};

// What a search may do for each query.
struct Budget {
  std::size_t effort = 0;
  bool every_row = false;  // compare every row
  bool guarded = false;    // do more for queries whose search goes unlike those of the calibration queries
  double recall = 0;       // the recall to keep, if guarded
};

}  // namespace nearabout::index
