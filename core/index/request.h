// The request and the results of a search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/monitor.h"

namespace nearabout {

struct SearchStats;  // search_stats.h

struct Request {
  std::size_t k = 10;                 // neighbours per query, at most the number of rows
  std::optional<double> radius = {};  // largest distance of a result
  std::size_t threads = 1;            // 0: all cores; small searches use fewer
  Monitor monitor = {};
  bool exact = false;  // compare every row, whatever the kind
  // Effort of an approximate kind, used as it is; without one, the effort that `recall` needs.
  std::optional<std::size_t> effort = {};
  std::optional<double> recall = {};  // target; without one, the calibration's target
  SearchStats* stats = nullptr;       // receives counts and times, from kinds that count their work
};

inline constexpr std::int64_t kEveryRow = -1;  // the effort of a search that compared every row

// The neighbours of one query, nearest first, ties by row.
struct SearchResult {
  std::vector<std::uint32_t> rows;
  std::vector<float> distances;
  std::int64_t effort = kEveryRow;   // effort that this query took
  bool out_of_distribution = false;  // the search went unlike those of all calibration queries
};

// What a search may do for each query.
struct Budget {
  std::size_t effort = 0;
  bool every_row = false;  // compare every row
  bool guarded = false;    // do more for queries whose search goes unlike those of the calibration queries
  double recall = 0;       // the recall to keep, if guarded
};

}  // namespace nearabout
