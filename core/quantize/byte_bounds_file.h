// Bytes of rows with a proven bound (byte_bounds.h) in a file: see docs/explanation/file-format.md.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/monitor.h"
#include "quantize/byte_bounds.h"
#include "storage/file.h"
#include "storage/writer.h"
#include "transform/sample.h"

namespace nearabout::quantize {

// Bytes stored in a file, which must outlive them.
struct StoredByteBounds {
  ByteBounds bounds;
  const storage::Section* bytes = nullptr;    // rows x dims
  const storage::Section* squares = nullptr;  // null for inner products
};

// Encodes all rows, reading them twice, and writes the sections as optional ones: the answers are the same without
// them. The squares are held in memory, or in a scratch file in the folder of the path `scratch`. The same bytes for
// any number of threads.
void write_byte_bounds(storage::Writer& writer, const transform::RowReader& read, std::size_t rows, std::size_t dims,
                       transform::CodeSpace space, const std::string* scratch, std::size_t threads,
                       const Monitor& monitor);

// Returns nullopt if the file has no such sections. Throws CorruptFileError if they do not match each other.
std::optional<StoredByteBounds> read_byte_bounds(const storage::File& file, transform::CodeSpace space,
                                                 std::size_t rows, std::size_t dims);

}  // namespace nearabout::quantize
