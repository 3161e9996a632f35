// Prefetches memory that will be read soon, while other work goes on.
#pragma once

#include <cstddef>

namespace nearabout {

inline void prefetch(const void* begin, std::size_t bytes) {
#if defined(__GNUC__)
  constexpr std::size_t kLineBytes = 64;
  const auto* const from = static_cast<const char*>(begin);
  for (std::size_t i = 0; i < bytes; i += kLineBytes) __builtin_prefetch(from + i, 0, 2);
#else
  (void)begin;
  (void)bytes;
#endif
}

}  // namespace nearabout
