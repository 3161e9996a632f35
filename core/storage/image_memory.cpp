#include "storage/image_memory.h"

#include "storage/layout.h"
#include "storage/system.h"

namespace nearabout::storage {

AlignedBytes image_memory(std::size_t size) {
  constexpr std::size_t kLargePage = 2 << 20;
  if (size < kLargePage) return aligned_bytes(size, kPageAlignment);
  AlignedBytes image = aligned_bytes(size, kLargePage);
  system::prefer_large_pages({image.get(), size});
  return image;
}

}  // namespace nearabout::storage
