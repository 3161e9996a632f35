// Whether a query can be compared at all, without binding it.
#pragma once

#include <cstddef>

#include "base/element.h"
#include "metric/metric.h"

namespace nearabout::metric {

// Returns false for a query that BoundQuery refuses: one that is not finite or, under cosine, has no direction, or
// under haversine a latitude beyond the poles. It is float32, aligned, or of an integer type; under haversine false for
// all of these. Not for bits.
bool is_comparable(Metric metric, Element element, const void* query, std::size_t dims);

}  // namespace nearabout::metric
