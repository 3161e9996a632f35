#pragma once

#include "kernels/kernels.h"

namespace nearabout::test {

struct TileKernels {
  kernels::MatrixHits hits;
  kernels::PanelDots panel_dots;
};
// Returns the kernels of tiles (core/kernels/generic/tile_matrix.inl) on a unit that is emulated.
TileKernels emulated_tiles();

}  // namespace nearabout::test
