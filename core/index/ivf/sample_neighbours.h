// The true neighbours of a few queries in a sample of rows, by which a build measures its choices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nearabout::ivf {

// Queries and rows of a sample, `dims` floats each, one after another.
struct SampleQueries {
  std::span<const float> rows, queries;
  std::size_t dims;
};

// Returns the numbers of the `k` nearest rows of each query by Euclidean distance, nearest first. Rows within `same`
// times the sum of their squared norm and the query's are skipped: copies of the query, the query itself among them.
// A negative `same` skips none.
std::vector<std::vector<std::uint32_t>> sample_neighbours(const SampleQueries& sample, std::size_t k, double same,
                                                          std::size_t threads);

}  // namespace nearabout::ivf
