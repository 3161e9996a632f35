// Cosine distances of vectors that are almost parallel, where 1 - cos in double is mostly rounding error.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nearabout::metric {

// Below this, 1 - cos in double has fewer correct digits than float32 can show, and is recomputed.
inline constexpr double kNearCosine = 0x1p-20;

// Returns 1 - cos of two non-zero vectors of float32 values (widened or not), for an angle of less than 90 degrees:
// accurate to an angle of 1e-15, and exactly 0 if and only if one is a multiple of the other.
double near_cosine_distance(const double* one, const double* other, std::size_t dims);
double near_cosine_distance(const double* one, const float* other, std::size_t dims);
double near_cosine_distance(const float* one, const float* other, std::size_t dims);

// Returns the same from whole numbers: the squared norms, below 2^32, and the product.
double near_cosine_distance(std::uint64_t square, std::uint64_t other_square, std::uint64_t product);

}  // namespace nearabout::metric
