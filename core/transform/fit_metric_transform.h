// The transform that the vectors of a table want.
#pragma once

#include <cstddef>

#include "transform/metric_transform.h"
#include "transform/sample.h"

namespace nearabout {

// Scaled where squares of the numbers would not fit a float; with the length of the longest row under Space::inner.
MetricTransform fit_metric_transform(const RowReader& read, std::size_t rows, std::size_t dims, CodeSpace space,
                                     std::size_t threads);

}  // namespace nearabout
