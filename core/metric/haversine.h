// Great-circle distance.
#pragma once

#include "kernels/kernels.h"

namespace nearabout::metric {

// Mean radius of the Earth (IUGG R1), in metres.
inline constexpr double kEarthRadius = 6'371'008.8;

// Computes out[i] = metres between the query (latitude, longitude, in degrees) and row i (two float32 in degrees), by
// the haversine formula, which is well conditioned for small distances (Sinnott, Sky and Telescope 68, 1984).
void haversine_rows(const double* query, kernels::Rows rows, double* out);

}  // namespace nearabout::metric
