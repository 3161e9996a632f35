// An order of centroids in which neighbours are adjacent, and groups of them: with many lists, a search compares a
// query with groups first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::ivf {

// Number of lists from which groups are used; below it, comparing all centroids is a small part of a search.
inline constexpr std::size_t kManyLists = 4'096;

// Returns an order of the centroids (`count` x dims) in which every 32 consecutive ones are near each other:
// recursively halved across the line between two distant ones.
std::vector<std::uint32_t> order_by_nearness(const std::vector<std::int8_t>& centroids, std::size_t dims);

// Returns the mean of every 32 centroids.
std::vector<std::int8_t> group_means(const std::vector<std::int8_t>& centroids, std::size_t dims);

}  // namespace nearabout::ivf
