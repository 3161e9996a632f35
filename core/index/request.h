// The request of a search.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/monitor.h"

namespace nearabout::index {

class ExcludedRows;  // excluded_rows.h
class SearchFilter;  // search_filter.h
struct SearchStats;  // search_stats.h

struct Request {
  std::size_t k = 10;                 // neighbours per query, at most the number of rows
  std::optional<double> radius = {};  // largest distance of a result
  std::size_t threads = 1;            // 0: all cores; small searches use fewer
  Monitor monitor = {};               // cancels the search by throwing
  // Results contain only rows that it allows; null: any row.
  const SearchFilter* filter = nullptr;
  // If not empty, one filter per query instead; null: any row.
  std::span<const SearchFilter* const> filters = {};
  const ExcludedRows* excluded = nullptr;  // rows that results do not contain; null: none
  // Rows as if they did not exist: of a row that is a query of the calibration, the row and its near copies, because a
  // fresh query has none. For kinds whose searches are led by rows (Searcher::is_led_by_rows()); null: none. Their
  // copies are absent as well; results may be shorter than k.
  const ExcludedRows* absent = nullptr;
  // The search throws DeadlineError if it takes longer; checked before it starts and about ten times a second.
  std::optional<std::chrono::steady_clock::time_point> deadline = {};
  bool exact = false;  // compare every row, whatever the kind
  // Effort of an approximate kind, used as it is; without one, the effort that `recall` needs.
  std::optional<std::size_t> effort = {};
  std::optional<double> recall = {};  // target; without one, the calibration's target
  bool releases_memory = false;       // pages that were read are released while the search goes on, not only after it
  SearchStats* stats = nullptr;       // receives counts and times, from kinds that count their work
};

// Returns the rows, in order, that the result of a query does not contain, whatever the filter.
std::span<const std::uint32_t> excluded_of(const Request& request, std::size_t query);
// Returns how many rows that is at most.
std::size_t most_excluded(const Request& request);

// What a search may do for each query.
struct Budget {
  std::size_t effort = 0;
  bool every_row = false;  // compare every row
  bool guarded = false;    // do more for queries whose search goes unlike those of the calibration queries
  double recall = 0;       // the recall to keep, if guarded
};

}  // namespace nearabout::index
