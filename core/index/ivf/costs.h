// Estimated times of the parts of a search, in nanoseconds with AVX-512. Only ratios matter: they are used to choose
// parameters. Memory latency is partly included.
#pragma once

#include <algorithm>
#include <cstddef>

#include "index/ivf/groups.h"
#include "kernels/kernels.h"
#include "quantize/leading_codes.h"

namespace nearabout::ivf {

inline constexpr double kListCost = 40;  // fixed cost of probing a list

// Return the cost per row.
inline double scan_cost(const quantize::CodeShape& shape) { return 0.1 + 0.0145 * static_cast<double>(shape.bytes()); }
inline double compare_cost(std::size_t row_bytes) { return 12 + 0.09 * static_cast<double>(row_bytes); }
// Returns the cost of a product of bytes, per output.
inline double product_cost(std::size_t dims) { return 0.0045 * static_cast<double>(dims); }

// Returns the cost of finding the nearest `probes` of `lists` lists: through groups if there are many (groups.h).
inline double ranking_cost(std::size_t lists, std::size_t probes, std::size_t directions) {
  const std::size_t groups = lists / kernels::kPanelRows;
  const std::size_t compared =
      lists < kManyLists ? lists : groups + std::min(groups, probes + 32) * kernels::kPanelRows;
  constexpr double kScore = 0.5;  // per score, to see whether it is among the nearest
  return static_cast<double>(compared) * (kScore + product_cost(directions));
}

}  // namespace nearabout::ivf
