// Centroids in an order in which neighbours lie together, and groups of them: where lists are many, a search compares a
// query with groups first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout {

// From so many lists on; below it, comparing all centroids is a small part of a search.
inline constexpr std::size_t kManyLists = 4'096;

// An order of the centroids (`count` x dims) in which every 32 that follow each other are near each other: halved again
// and again across the line between two far ones.
std::vector<std::uint32_t> order_by_nearness(const std::vector<std::int8_t>& centroids, std::size_t dims);

// The mean of every 32 centroids.
std::vector<std::int8_t> group_means(const std::vector<std::int8_t>& centroids, std::size_t dims);

}  // namespace nearabout
