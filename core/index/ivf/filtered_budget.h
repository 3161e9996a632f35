// The budget of searches with a filter. With a target recall, a query probes as many lists as filtered_efforts.h says.
// With an effort, lists count by their allowed rows: a query probes lists until it has as many allowed rows as that
// many lists have on average.
#pragma once

#include "index/filtered_efforts.h"
#include "index/ivf/list_filter.h"

namespace nearabout::ivf {

struct FilteredBudget {
  const ListFilter* filter = nullptr;
  double fraction = 1;      // of all rows that are allowed
  double mean_allowed = 0;  // allowed rows of a list, on average
  std::size_t k = 0;        // neighbours that are looked for
  std::size_t count = 0;    // of allowed rows
  index::FilteredEfforts probes = {};
};

}  // namespace nearabout::ivf
