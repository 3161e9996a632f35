#pragma once

#include "kernels/kernels.h"

namespace nearabout::test {

// Returns the matrix kernels of tiles (core/kernels/generic/tile_matrix.inl) on a unit that is emulated.
kernels::MatrixKernels emulated_tiles();

}  // namespace nearabout::test
