// A round of k-means that compares each point with the centroids near its own only. Once clusters have taken shape,
// nearly all points that change their cluster go to a near one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quantize/grouping.h"

namespace nearabout::quantize {

// Like ByteCentroids::nearest(), but a point of cluster c is compared only with the `near` centroids that are nearest
// to centroid c, without penalties (one of which is c itself, or its equal). `grouping` has the clusters of the points
// so far.
void nearest_of_near(const std::vector<std::int8_t>& points, const Grouping& grouping,
                     const std::vector<std::int8_t>& centroids, std::size_t dims, const std::vector<float>& penalties,
                     std::size_t near, std::uint32_t* ids, std::size_t threads);

}  // namespace nearabout::quantize
