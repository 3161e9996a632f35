// Iterative quantization: the rotation that takes vectors nearest to the corners of a cube (Gong and Lazebnik,
// "Iterative quantization: a Procrustean approach to learning binary codes", CVPR 2011).
//
// The sum of |sign(ZR) - ZR|^2 is made smaller in turns: the corners sign(ZR) for a rotation R, then the best rotation
// for these corners. That one is the orthogonal polar factor of Z' sign(ZR), which the paper takes from a singular
// value decomposition; here it is found by products of matrices alone (Newton and Schulz; Higham, "Functions of
// Matrices", SIAM 2008, chapter 8), since the rotations of successive turns need few digits.
//
// With more bits than dimensions, vectors are turned as if they had zeros for the others: R has orthonormal rows, not
// columns. Such codes still gain from more bits: on 100 dimensions, 256 bits find .84 of the neighbours where 128 find
// .71 (docs/explanation/hashing.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::quantize {

// Returns the rotation, dims x bits, with orthonormal rows, of `rows` centred vectors of `dims` <= bits floats.
std::vector<float> learn_rotation(const std::vector<float>& vectors, std::size_t rows, std::size_t dims,
                                  std::size_t bits, std::uint64_t seed, std::size_t threads);

}  // namespace nearabout::quantize
