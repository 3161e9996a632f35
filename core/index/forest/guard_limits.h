// Learns when a query of a forest has probably missed neighbours: the limits of its guard.
#pragma once

#include <cstddef>
#include <span>

#include "index/calibration/guard.h"
#include "index/forest/leaf_efforts.h"

namespace nearabout::forest {

// Returns a guard with the limit at each effort that most calibration queries stay below. `efforts` ascend; not all get
// a limit of their own.
calibration::Guard learn_guard(const ForestLayout& layout, const calibration::CalibrationQueries& calibration_queries,
                               std::span<const quantize::SketchQuery> sketches, const LeafEfforts& leaves,
                               std::span<const std::size_t> efforts, std::size_t threads);

}  // namespace nearabout::forest
