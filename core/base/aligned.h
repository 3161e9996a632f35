// Memory aligned to a cache line (or a page), as the kernels and the file image need it.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace nearabout {

struct AlignedDelete {
  std::align_val_t alignment;
  void operator()(void* memory) const { ::operator delete[](memory, alignment); }
};
template <class T>
using AlignedArray = std::unique_ptr<T[], AlignedDelete>;
using AlignedBytes = AlignedArray<std::byte>;

// Allocates uninitialised items. Throws std::bad_alloc.
template <class T>
AlignedArray<T> aligned_array(std::size_t count, std::size_t alignment = 64) {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
  const std::align_val_t align{alignment};
  return {static_cast<T*>(::operator new[](count == 0 ? 1 : count * sizeof(T), align)), AlignedDelete{align}};
}

inline AlignedBytes aligned_bytes(std::size_t size, std::size_t alignment = 64) {
  return aligned_array<std::byte>(size, alignment);
}

}  // namespace nearabout
