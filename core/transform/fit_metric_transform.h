// Chooses the transform for the vectors of a table.
#pragma once

#include <cstddef>

#include "transform/metric_transform.h"
#include "transform/sample.h"

namespace nearabout::transform {

// Returns the transform: with a scale if squares of the numbers would not fit a float, and with the length of the
// longest row under CodeSpace::inner_product.
MetricTransform fit_metric_transform(const RowReader& read, std::size_t rows, std::size_t dims, CodeSpace space,
                                     std::size_t threads);

}  // namespace nearabout::transform
