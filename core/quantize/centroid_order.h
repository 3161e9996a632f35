// An order of centroids in which neighbours are adjacent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::quantize {

// Returns an order of the centroids (`count` x dims) in which every 32 consecutive ones are near each other:
// recursively halved across the line between two distant ones.
std::vector<std::uint32_t> order_by_nearness(const std::vector<std::int8_t>& centroids, std::size_t dims);

}  // namespace nearabout::quantize
