// What an index keeps of its rows beside their small codes: bytes, on their way into the file.
#pragma once

#include <cstddef>
#include <string>

#include "base/monitor.h"
#include "index/ivf/encode.h"
#include "quantize/byte_rows.h"
#include "storage/writer.h"

namespace nearabout {

// Codes all rows by bytes, in two passes over them: ranges, then codes.
void write_byte_rows(storage::Writer& writer, const LearntLists& learnt, const RowReader& read, std::size_t rows,
                     const std::string* scratch, std::size_t threads, const Monitor& monitor);

}  // namespace nearabout
