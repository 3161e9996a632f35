// Chooses whether an index of lists stores byte rows besides its vectors (quantize/byte_bounds.h), by a model of a
// search.
#pragma once

#include <cstddef>

#include "index/ivf/options.h"
#include "index/tuning.h"
#include "metric/metric.h"

namespace nearabout::ivf {

// What is known of a table before its vectors are read. The choice depends on nothing else, so a plan knows it.
struct PlainTable {
  std::size_t rows, dims;
  Element element;
  metric::Metric metric;
};

// Modelled nanoseconds of a query for 10 neighbours, if its vectors are not in a cache.
struct SearchTimes {
  double without, with;
};
SearchTimes search_times(const PlainTable& table, const IvfOptions& options);

// Returns whether byte rows are stored: if they are not given, where the model says that they pay. Tables that cannot
// have them, that fit in a cache, or are searched on a family of processors for which nothing says that they pay, have
// none.
bool stores_byte_rows(const PlainTable& table, const IvfOptions& options);

}  // namespace nearabout::ivf
