// Whether a query can be compared at all, without binding it.
#pragma once

#include <cstddef>

#include "base/element.h"
#include "metric/metric.h"

namespace nearabout::metric {

// Returns false for a query that BoundQuery refuses: one that is not finite or, under cosine, has no direction. It is
// float32, aligned, or of an integer type. Not for bits and haversine.
bool is_comparable(Metric metric, Element element, const void* query, std::size_t dims);

}  // namespace nearabout::metric
