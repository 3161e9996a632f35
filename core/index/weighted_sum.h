// Sums of stored and other vectors, as in "king - man + woman".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/searcher.h"

namespace nearabout::index {

struct WeightedRow {
  double weight;
  std::uint32_t row;
};

struct WeightedVector {
  double weight;
  const float* vector;
};

// Returns the weighted sum of the vectors of rows and of other vectors; under cosine of their directions, so that all
// count equally. Throws InvalidInputError for vectors that cannot be added, and for a sum without a direction under
// cosine.
std::vector<float> weighted_sum(const Searcher& index, std::span<const WeightedRow> rows,
                                std::span<const WeightedVector> vectors = {});

}  // namespace nearabout::index
