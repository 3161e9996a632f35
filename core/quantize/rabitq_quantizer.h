// RaBitQ: a few bits for each dimension of a randomly rotated vector, and an unbiased estimate of distances (J. Gao and
// C. Long, "RaBitQ: quantizing high-dimensional vectors with a theoretical error bound for approximate nearest neighbor
// search", SIGMOD 2024; for more than one bit J. Gao et al., "Practical and asymptotically optimal quantization of
// high-dimensional vectors in Euclidean space for approximate nearest neighbor search", 2024).
//
// With the vector r, relative to the mean, and its code y, |q - r|^2 is about |q|^2 + |r|^2 - 2 <q, y> |r|^2 / <y, r>.
// |r|^2 and |r|^2 / <y, r> are floats at the end of a code.
#pragma once

#include "quantize/quantizer.h"

namespace nearabout::quantize {

QuantizerMethod rabitq_method();

}  // namespace nearabout::quantize
