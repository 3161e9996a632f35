// Reinterprets bytes that were written as numbers as those numbers. The bytes come from a new expression or a mapping,
// so they are aligned as the numbers require.
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
