// Groups of centroids that are adjacent in an order by nearness (quantize/centroid_order.h): with many lists, a search
// compares a query with groups first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::ivf {

// Number of lists from which groups are used; below it, comparing all centroids is a small part of a search.
inline constexpr std::size_t kManyLists = 4'096;

// Returns the mean of every 32 centroids.
std::vector<std::int8_t> group_means(const std::vector<std::int8_t>& centroids, std::size_t dims);

}  // namespace nearabout::ivf
