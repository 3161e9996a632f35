// Compares the rows that a search has chosen by one byte per dimension, in the place of vectors.
#pragma once

#include <cstdint>
#include <span>

#include "base/top_k.h"
#include "quantize/byte_rows.h"
#include "quantize/byte_rows_file.h"

namespace nearabout::index {

// Offers the rows to `best`. Throws CorruptFileError if one does not exist, or its codes are damaged.
void rerank_bytes(const quantize::StoredByteRows& stored, const quantize::BoundByteQuery& query,
                  std::span<const std::uint32_t> rows, TopK& best);

}  // namespace nearabout::index
