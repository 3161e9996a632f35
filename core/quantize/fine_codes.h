// Codes of four bits a direction, row by row: a second look at rows that few-bit codes (leading_codes.h) let through,
// before whole vectors are read.
//
// The same estimate from a finer code y of the residual: 16 equal steps over the usual range of a coordinate, so that
// <q, y> is a product of bytes. Row by row, since only some rows are looked at.
#pragma once

#include <cstddef>
#include <cstdint>

#include "quantize/leading_codes.h"

namespace nearabout {

class FineCodes {
 public:
  // `directions` is even.
  explicit FineCodes(std::size_t directions) : directions_(directions) {}

  std::size_t bytes() const { return directions_ / 2; }

  // Byte j holds direction j in its low half and direction j + bytes() in its high half.
  RowTerms encode(const float* image, const float* centroid, float rest, std::uint8_t* packed) const;
  // The estimate less what depends on the query and the list alone. `product` is of the query's bytes with the codes
  // (kernels.h), `sum` that of the query's bytes, `scale` what those are multiples of.
  static float estimate(std::int32_t product, std::int32_t sum, float scale, const RowTerms& terms) {
    return terms.offset - terms.scale * (scale * (static_cast<float>(product) - kMiddle * static_cast<float>(sum)));
  }

  // The same from the image itself, one row at a time.
  float estimate(const float* image, const std::uint8_t* packed, const RowTerms& terms) const;

 private:
  static constexpr float kMiddle = 7.5f;
  std::size_t directions_;
};

}  // namespace nearabout
