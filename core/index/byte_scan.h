// The scan of all rows of an index that stores one byte per dimension instead of vectors.
#pragma once

#include "base/matrix.h"
#include "index/descriptor.h"
#include "index/request.h"
#include "index/results.h"
#include "quantize/byte_rows_file.h"
#include "transform/metric_transform.h"

namespace nearabout::index {

// Compares queries with all rows, or those that the filter of the request allows, which are read in file order. Results
// say that the effort was `effort`.
void scan_bytes(const Descriptor& descriptor, const quantize::StoredByteRows& stored,
                const transform::MetricTransform& transform, MatrixView queries, const Request& request,
                std::size_t effort, Results& results);

}  // namespace nearabout::index
