// Writes the 8-bit codes of rows, which an index stores in addition to their small codes.
#pragma once

#include <cstddef>
#include <string>

#include "base/monitor.h"
#include "index/ivf/encode.h"
#include "quantize/byte_rows.h"
#include "storage/writer.h"

namespace nearabout::ivf {

// Encodes all rows as bytes, in two passes over them: first ranges, then codes.
void write_byte_rows(storage::Writer& writer, const LearntLists& learnt, const transform::RowReader& read,
                     std::size_t rows, const std::string* scratch, std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::ivf
