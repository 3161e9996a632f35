// Access to single rows of the section of vectors.
#pragma once

#include <cstdint>
#include <cstring>

#include "storage/section.h"

namespace nearabout::index {

// Copies one row and verifies its checksum.
inline void copy_row(const storage::Section& vectors, std::uint32_t row, std::size_t bytes, std::byte* to) {
  const std::uint64_t begin = std::uint64_t{row} * bytes;
  std::memcpy(to, vectors.checked(begin, begin + bytes), bytes);
}

}  // namespace nearabout::index
