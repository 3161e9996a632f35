// Bytes that were written as numbers, seen as those numbers again. The bytes lie where a new expression or a mapping
// put them, and are as aligned as the numbers want.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nearabout::storage {

template <class T>
const T* items_of(const std::byte* bytes) {
  return reinterpret_cast<const T*>(bytes);
}

inline const std::uint8_t* bytes_of(const std::byte* bytes) { return items_of<std::uint8_t>(bytes); }

}  // namespace nearabout::storage
