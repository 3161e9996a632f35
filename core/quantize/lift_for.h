// The lift that the vectors of a table want.
#pragma once

#include <cstddef>

#include "quantize/lift.h"
#include "quantize/sample.h"

namespace nearabout {

// Scaled where squares of the numbers would not fit a float; with the length of the longest row under Space::inner.
Lift lift_for(const RowReader& read, std::size_t rows, std::size_t dims, Space space, std::size_t threads);

}  // namespace nearabout
