// Points divided among some of them, their leaders: the division of PiPNN (arXiv 2602.21247).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "quantize/byte_centroids.h"

namespace nearabout::quantize {

// Some of the points. `is_own` says for each whether the part is the nearest one, of all that it is in.
struct Part {
  std::vector<std::uint32_t> members;
  std::vector<bool> is_own;
};

// Returns the part of all points.
Part all_points(std::size_t count);

// Chooses `count` of the `members` of a part by `seed`, one of each of as many equal parts, in an order in which near
// ones are next to each other. `bytes_of(i)` has the `dims` bytes of member i; `narrow` is as in ByteCentroids.
ByteCentroids choose_leaders(std::size_t count, std::size_t members, std::uint64_t seed,
                             const std::function<const std::int8_t*(std::size_t)>& bytes_of, std::size_t dims,
                             bool narrow = false);

// Returns a part for each of the leaders: every member is in those of the leaders that `nearest` has for it, as many
// for each, the nearest first. Some may be empty.
std::vector<Part> parts_of(const Part& part, std::size_t leaders, const std::vector<std::uint32_t>& nearest);

}  // namespace nearabout::quantize
