// A vector as signed bytes, as queries are for integer products.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace nearabout::quantize {

// Rounds to a whole number and keeps its low byte: adding 1.5 * 2^23 leaves no room for a fraction. Compilers vectorise
// this, but not lrint.
inline std::int8_t rounded(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value + 0x1.8p23f);
  return static_cast<std::int8_t>(static_cast<std::uint8_t>(bits & 0xff));
}

inline float largest_of(const float* values, std::size_t count) {
  std::uint32_t largest = 0;  // positive floats order like their bits
  for (std::size_t j = 0; j < count; ++j)
    largest = std::max(largest, std::bit_cast<std::uint32_t>(values[j]) & 0x7fffffffu);
  return std::bit_cast<float>(largest);
}

// Converts a vector to bytes of at most `most`; returns the step of which they are multiples.
inline float to_bytes(const float* values, std::size_t count, std::int8_t* bytes, float most = 127) {
  const float largest = largest_of(values, count);
  const float inverse = largest > 1e-30f ? most / largest : 0;
  for (std::size_t j = 0; j < count; ++j) bytes[j] = rounded(values[j] * inverse);
  return inverse > 0 ? largest / most : 0;
}

}  // namespace nearabout::quantize
