// Conversion between element types, one row at a time: for building and for input and output, never inside a search
// loop.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/element.h"

namespace nearabout {

float f16_to_f32(std::uint16_t bits);
std::uint16_t f32_to_f16(float value);  // rounds to nearest even; overflow becomes infinity
float bf16_to_f32(std::uint16_t bits);
std::uint16_t f32_to_bf16(float value);

// Converts `count` elements of any type to float32; f64 is rounded, bits become zeros and ones.
void to_f32(Element element, const void* from, std::size_t count, float* to);

// Converts floats to `element`, rounding to nearest. Returns the index of the first value that the type cannot hold, or
// `count` if all fit. NaN, infinity and values that would overflow never fit; integer types hold whole numbers only.
// Not for bits.
std::size_t from_f32(const float* from, std::size_t count, Element element, void* to);

}  // namespace nearabout
