// A rotation before product codes that makes their loss small: optimized product quantization (T. Ge, K. He, Q. Ke and
// J. Sun, "Optimized product quantization for approximate nearest neighbor search", CVPR 2013).
//
// It starts from their solution for normally distributed data: principal directions, allocated to the parts so that
// each part has about the same product of variances. Then codebooks and rotation improve in turn: with the codes fixed,
// the best rotation solves the orthogonal Procrustes problem.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/monitor.h"
#include "quantize/product_codes.h"
#include "quantize/product_learn.h"
#include "transform/rotation.h"

namespace nearabout::quantize {

// Allocates principal directions, whose variances fall, to the dimensions of product codes: result[j] is the direction
// that becomes dimension j. In turn, each goes to the part with the smallest product of variances that has room.
std::vector<std::size_t> balanced_directions(const std::vector<double>& variances, const ProductShape& shape);

// Returns the rotation onto the principal directions of centred vectors, allocated by balanced_directions().
transform::Rotation principal_rotation(const float* vectors, std::size_t rows, const ProductShape& shape,
                                       std::size_t threads);

struct LearnedRotation {
  transform::Rotation rotation;
  ProductCodebooks codebooks;  // of rotated vectors
};

// Learns from centred vectors.
LearnedRotation learn_product_rotation(const float* vectors, std::size_t rows, const ProductShape& shape,
                                       const ProductLearning& learning, const Monitor& monitor = {});

}  // namespace nearabout::quantize
