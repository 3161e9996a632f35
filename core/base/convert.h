// One element type into another, a row at a time: for building and for the edges, never inside a search loop.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/element.h"

namespace nearabout {

float f16_to_f32(std::uint16_t bits);
std::uint16_t f32_to_f16(float value);  // round to nearest even; too large becomes infinity
float bf16_to_f32(std::uint16_t bits);
std::uint16_t f32_to_bf16(float value);

// `count` elements of any type, widened; f64 is rounded, bits become zeros and ones.
void to_f32(Element element, const void* from, std::size_t count, float* to);

// Rounds to nearest. Returns the first element that the type cannot hold, or `count` when all fit: NaN and infinity
// never do, nor does what would overflow, and an integer type holds whole numbers only. Not for bits.
std::size_t from_f32(const float* from, std::size_t count, Element element, void* to);

}  // namespace nearabout
