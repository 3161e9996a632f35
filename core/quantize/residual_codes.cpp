#include "quantize/residual_codes.h"

#include "kernels/kernels.h"

namespace nearabout::quantize {
namespace {

// Codes of four bits: a line has those of 16 rows, in eight columns.
void put_halves(const std::uint8_t* packed, std::size_t lines, std::size_t place, std::uint8_t* block) {
  for (std::size_t g = 0; g < lines; ++g)
    for (std::size_t t = 0; t < 4; ++t) {
      const std::size_t low = g * 8 + t;
      const std::size_t high = low + 4;
      const unsigned low_code = packed[low / 2] >> (low % 2 * 4) & 15u;
      const unsigned high_code = packed[high / 2] >> (high % 2 * 4) & 15u;
      block[g * kernels::kLineBytes + t * 16 + place] = static_cast<std::uint8_t>(low_code | high_code << 4);
    }
}

}  // namespace

std::size_t CodeShape::query_bytes() const {
  if (form() == CodeForm::products) return directions;
  if (form() == CodeForm::tables) return codes() * kernels::kTableBytes;
  return parts * kernels::kLongTableEntries * sizeof(std::int16_t);
}

void put_codes(const std::uint8_t* packed, const CodeShape& shape, std::size_t place, std::uint8_t* block) {
  switch (shape.form()) {
    case CodeForm::tables:
      return put_halves(packed, shape.lines(), place, block);
    case CodeForm::products:
      for (std::size_t j = 0; j < shape.directions; ++j)
        block[j / 4 * kernels::kLineBytes + place * 4 + j % 4] = packed[j];
      return;
    case CodeForm::long_tables:
      for (std::size_t p = 0; p < shape.parts; ++p) block[p * kernels::kBlockRows + place] = packed[p];
  }
}

}  // namespace nearabout::quantize
