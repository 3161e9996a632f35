// Memory aligned to a cache line (or a page), as the kernels and the file image need it.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace nearabout {

struct AlignedDelete {
  std::align_val_t alignment;
  void operator()(std::byte* memory) const { ::operator delete[](memory, alignment); }
};
using AlignedBytes = std::unique_ptr<std::byte[], AlignedDelete>;

// Allocates uninitialised bytes. Throws std::bad_alloc.
inline AlignedBytes aligned_bytes(std::size_t size, std::size_t alignment = 64) {
  const std::align_val_t align{alignment};
  return AlignedBytes(static_cast<std::byte*>(::operator new[](size == 0 ? 1 : size, align)), AlignedDelete{align});
}

}  // namespace nearabout
