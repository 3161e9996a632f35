// Cosine distances of vectors that are almost parallel, where 1 - cos in double is mostly rounding.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nearabout {

// Below this, 1 - cos in double has fewer correct digits than float32 can show, and is worth computing anew.
inline constexpr double kNearCosine = 0x1p-20;

// Returns 1 - cos of two vectors of float32 values (widened or not), neither of which is zero, for an angle of less
// than 90 degrees: right to an angle of 1e-15, and exactly 0 where, and only where, one is a multiple of the other.
double near_cosine_distance(const double* one, const double* other, std::size_t dims);
double near_cosine_distance(const double* one, const float* other, std::size_t dims);
double near_cosine_distance(const float* one, const float* other, std::size_t dims);

// Returns the same from whole numbers: the squares of both lengths, below 2^32, and the product.
double near_cosine_distance(std::uint64_t square, std::uint64_t other_square, std::uint64_t product);

}  // namespace nearabout
