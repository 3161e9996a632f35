// Rows of bytes in a file, which are compared instead of vectors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/element.h"
#include "quantize/byte_rows.h"
#include "storage/file.h"
#include "transform/metric_transform.h"

namespace nearabout::quantize {

struct StoredByteRows {
  ByteSteps steps{};
  const storage::Section* codes = nullptr;    // null if there are none
  const storage::Section* squares = nullptr;  // under CodeSpace::l2
};

// Reads the sections of an open file, which must outlive them. Throws CorruptFileError.
StoredByteRows read_byte_rows(const storage::File& file, std::size_t rows, std::size_t dims,
                              transform::CodeSpace space);

// Decodes a row. Under cosine the result has length 1, approximately: the row's own length is not stored.
void decode_row(const StoredByteRows& stored, const transform::MetricTransform& transform, std::uint32_t row,
                Element element, std::byte* to);

// Verifies that squared lengths are possible ones. Throws CorruptFileError.
void verify_squares(const storage::File& file, const StoredByteRows& stored);

}  // namespace nearabout::quantize
