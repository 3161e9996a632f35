// Estimated nanoseconds of the parts of a search: a model, the same on every machine. Measured on a Zen 3 in batches,
// with nodes in the last cache and in main memory (docs/decisions/0013-auto-chooses-graphs-for-many-rows.md).
#pragma once

#include <cstddef>

#include "index/graph/node_format.h"
#include "kernels/kernels.h"

namespace nearabout::graph {

inline constexpr double kWalkedQueryCost = 2'000;
inline constexpr double kComparedCost = 30, kComparedByteCost = 0.1;  // of a row in the end
inline constexpr double kScannedCost = 2, kScannedByteCost = 0.18;    // of a row without a vector, in a scan of all
// Nodes whose bytes a step fetches, where there are no codes: those of its neighbours that are new.
inline constexpr double kFetchedPerStep = 15;

// Returns the cost of walks of so many steps that fetch the bytes of so many other nodes.
inline double walk_cost(const NodeFormat& format, double steps, double fetched) {
  constexpr double kStepCost = 200, kOwnLineCost = 9, kOtherLineCost = 22;
  const auto lines = [](std::size_t bytes) { return static_cast<double>(bytes) / kernels::kLineBytes; };
  if (format.has_codes()) return steps * (kStepCost + kOwnLineCost * lines(format.size()));
  return steps * (kStepCost + kOwnLineCost * lines(format.size() - format.edges())) +
         fetched * kOtherLineCost * (1 + lines(format.edges()));
}

}  // namespace nearabout::graph
