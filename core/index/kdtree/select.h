// Finds the smallest of many different numbers, without a branch for each of them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nearabout::kdtree {

// Reorders `keys`, no two of which are equal, so that the `wanted` smallest are in front. `spare` has room for as many.
// The order depends on the keys alone.
void select(std::uint64_t* keys, std::size_t count, std::size_t wanted, std::uint64_t* spare);

}  // namespace nearabout::kdtree
