// Bytes that were written as numbers, seen as those numbers again. The bytes lie where a new expression or a mapping
// put them, and are as aligned as the numbers want.
#pragma once

#include <cstddef>

namespace nearabout::storage {

template <class T>
const T* items_of(const std::byte* bytes) {
  return reinterpret_cast<const T*>(bytes);
}

}  // namespace nearabout::storage
