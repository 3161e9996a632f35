// Estimated nanoseconds of the parts of a search: a model, the same on every machine. Measured on a Zen 4 in batches.
#pragma once

#include <cstddef>

#include "index/kdtree/layout.h"

namespace nearabout::kdtree {

// Returns the cost of a query for k neighbours that visits so many leaves.
inline double descent_cost(const KdTreeLayout& layout, std::size_t k, double leaves) {
  constexpr double kDescentCost = 300, kNeighbourCost = 25, kLeafCost = 15, kBlockDimCost = 0.5;
  const auto dims = static_cast<double>(layout.space.dims());
  const double blocks = static_cast<double>(layout.shape.leaf_size()) / static_cast<double>(kernels::kBlockRows);
  return kDescentCost + kNeighbourCost * static_cast<double>(k) +
         leaves * (kLeafCost + kBlockDimCost * dims * (1 + blocks));
}

// Returns the same for a search that visits the leaves in the order of their distance, which it must keep.
inline double ordered_descent_cost(const KdTreeLayout& layout, std::size_t k, double leaves) {
  constexpr double kOrderCost = 30;  // of a leaf
  return descent_cost(layout, k, leaves) + kOrderCost * leaves;
}

}  // namespace nearabout::kdtree
