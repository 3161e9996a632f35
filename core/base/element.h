// The element types of vectors and of sections in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace nearabout {

// The numbers are part of the file format: never reuse one.
enum class Element : std::uint32_t {
  f32 = 1,
  f16 = 2,
  bf16 = 3,
  u8 = 4,
  i8 = 5,
  bits = 6,  // eight dimensions per byte, the first in the lowest bit; `dims` counts bits
  u32 = 7,
  u64 = 8,
  i64 = 9,
  f64 = 10,
};

std::string_view name_of(Element element);
std::optional<Element> element_from_name(std::string_view name);

constexpr bool is_byte(Element element) { return element == Element::u8 || element == Element::i8; }

// Returns the size in bytes of one row of `dims` elements; bits are padded with zeros to whole bytes.
constexpr std::size_t row_bytes(Element element, std::size_t dims) {
  switch (element) {
    case Element::f32:
    case Element::u32:
      return dims * 4;
    case Element::f16:
    case Element::bf16:
      return dims * 2;
    case Element::u8:
    case Element::i8:
      return dims;
    case Element::bits:
      return (dims + 7) / 8;
    case Element::u64:
    case Element::i64:
    case Element::f64:
      return dims * 8;
  }
  return 0;
}

}  // namespace nearabout
