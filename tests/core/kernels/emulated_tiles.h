#pragma once

#include "kernels/kernels.h"

namespace nearabout::test {

struct TileKernels {
  kernels::MatrixHits hits;
  kernels::PanelDots panel_dots;
  kernels::ScanCodes scan_bytes;
};
// Returns the kernels of tiles (core/kernels/generic/tile_products.inl) on a unit that is emulated.
TileKernels emulated_tiles();

}  // namespace nearabout::test
