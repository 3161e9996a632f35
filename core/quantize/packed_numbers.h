// Numbers of a few bits, one after another in bytes, the first in the lowest bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nearabout::quantize {

constexpr std::size_t packed_bytes(std::size_t count, std::size_t bits) { return (count * bits + 7) / 8; }

// Packs `count` numbers below 2^bits, bits <= 8.
inline void pack_numbers(const std::uint8_t* numbers, std::size_t count, std::size_t bits, std::uint8_t* packed) {
  std::uint32_t waiting = 0;
  std::size_t filled = 0;
  for (std::size_t i = 0; i < count; ++i) {
    waiting |= static_cast<std::uint32_t>(numbers[i]) << filled;
    for (filled += bits; filled >= 8; filled -= 8, waiting >>= 8) *packed++ = static_cast<std::uint8_t>(waiting);
  }
  if (filled > 0) *packed = static_cast<std::uint8_t>(waiting);
}

inline void unpack_numbers(const std::uint8_t* packed, std::size_t count, std::size_t bits, std::uint8_t* numbers) {
  const std::uint32_t mask = (1u << bits) - 1;
  std::uint32_t waiting = 0;
  std::size_t filled = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (filled < bits) {
      waiting |= static_cast<std::uint32_t>(*packed++) << filled;
      filled += 8;
    }
    numbers[i] = static_cast<std::uint8_t>(waiting & mask);
    waiting >>= bits;
    filled -= bits;
  }
}

}  // namespace nearabout::quantize
