// Writes the 8-bit codes of rows, which an index stores instead of their vectors.
#pragma once

#include <cstddef>
#include <string>

#include "base/monitor.h"
#include "quantize/byte_rows.h"
#include "storage/writer.h"
#include "transform/metric_transform.h"
#include "transform/sample.h"

namespace nearabout::quantize {

// Encodes all rows as bytes, in two passes over them: first ranges, then codes.
void write_byte_rows(storage::Writer& writer, const transform::MetricTransform& transform,
                     const transform::RowReader& read, std::size_t rows, const std::string* scratch,
                     std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::quantize
