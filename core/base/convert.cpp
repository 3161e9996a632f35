#include "base/convert.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace nearabout {
namespace {

template <class T, class F>
void widen(const void* from, std::size_t count, float* to, F convert) {
  const char* bytes = static_cast<const char*>(from);  // may be unaligned: callers may pass any strided array
  for (std::size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
    to[i] = convert(value);
  }
}

template <class T>
bool fits_integer(float value, float low, float high, T& out) {
  if (!(value >= low && value <= high) || value != std::floor(value)) return false;
  out = static_cast<T>(value);
  return true;
}

bool narrow(float value, Element element, void* to, std::size_t index) {
  if (!std::isfinite(value)) return false;
  switch (element) {
    case Element::f32:
      static_cast<float*>(to)[index] = value;
      return true;
    case Element::f16: {
      const std::uint16_t half = f32_to_f16(value);
      static_cast<std::uint16_t*>(to)[index] = half;
      return (half & 0x7C00u) != 0x7C00u;
    }
    case Element::bf16: {
      const std::uint16_t half = f32_to_bf16(value);
      static_cast<std::uint16_t*>(to)[index] = half;
      return (half & 0x7F80u) != 0x7F80u;
    }
    case Element::u8:
      return fits_integer(value, 0, 255, static_cast<std::uint8_t*>(to)[index]);
    case Element::i8:
      return fits_integer(value, -128, 127, static_cast<std::int8_t*>(to)[index]);
    default:
      return false;
  }
}

}  // namespace

// Converts without branches, so that the compiler can convert several elements of a row at a time.
float f16_to_f32(std::uint16_t bits) {
  const std::uint32_t magnitude = bits & 0x7FFFu;
  // Zero and subnormals are mantissa * 2^-24, exact in float. (For other values the result is meaningless and not
  // used.)
  const float small = static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24f;
  const std::uint32_t normal = (magnitude << 13) + (112u << 23);
  const std::uint32_t special = magnitude >= 0x7C00u ? 0x7F800000u : 0u;  // infinity and NaN
  const std::uint32_t value = magnitude < 0x400u ? std::bit_cast<std::uint32_t>(small) : normal | special;
  return std::bit_cast<float>(value | std::uint32_t{bits & 0x8000u} << 16);
}

std::uint16_t f32_to_f16(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint16_t sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const float magnitude = std::bit_cast<float>(bits & 0x7FFFFFFFu);
  if (magnitude != magnitude) return static_cast<std::uint16_t>(sign | 0x7E00u);
  if (magnitude >= 65520.0f) return static_cast<std::uint16_t>(sign | 0x7C00u);
  if (magnitude < 0x1p-14f) {  // subnormal: adding 2^-1 makes the float unit do the rounding to multiples of 2^-24
    const float shifted = magnitude + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000u));
  }
  std::uint32_t rounded = std::bit_cast<std::uint32_t>(magnitude);
  rounded += 0xFFFu + ((rounded >> 13) & 1u);
  return static_cast<std::uint16_t>(sign | ((rounded - (112u << 23)) >> 13));
}

float bf16_to_f32(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

std::uint16_t f32_to_bf16(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if (value != value) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

void to_f32(Element element, const void* from, std::size_t count, float* to) {
  switch (element) {
    case Element::f64:
      return widen<double>(from, count, to, [](double value) { return static_cast<float>(value); });
    case Element::f16:
      return widen<std::uint16_t>(from, count, to, f16_to_f32);
    case Element::bf16:
      return widen<std::uint16_t>(from, count, to, bf16_to_f32);
    case Element::u8:
      return widen<std::uint8_t>(from, count, to, [](std::uint8_t value) { return static_cast<float>(value); });
    case Element::i8:
      return widen<std::int8_t>(from, count, to, [](std::int8_t value) { return static_cast<float>(value); });
    case Element::bits:
      for (std::size_t i = 0; i < count; ++i)
        to[i] = static_cast<float>(static_cast<const unsigned char*>(from)[i / 8] >> i % 8 & 1);
      return;
    default:
      std::memcpy(to, from, count * sizeof(float));
  }
}

std::size_t from_f32(const float* from, std::size_t count, Element element, void* to) {
  for (std::size_t i = 0; i < count; ++i)
    if (!narrow(from[i], element, to, i)) return i;
  return count;
}

}  // namespace nearabout
