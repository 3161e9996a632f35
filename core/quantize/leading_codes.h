// Codes of 1, 2, 4 or 8 bits per direction that store a row relative to the centroid of its list, and an unbiased
// estimate of distances computed from them.
//
// With the row x, its list's centroid c and the residual r = x - c, along the leading directions (directions.h),
//
//   |q - x|^2  is about  |q - c|^2 + |r|^2 - 2 <q - c, r> + e(q)^2 + e(x)^2,
//
// where e is the norm of the part of a vector outside these directions. r is replaced by its code y, each coordinate of
// r divided by r's root mean square and rounded to one of 2, 4 or 16 levels (those of least square error for a normal
// distribution: J. Max, "Quantizing for minimum distortion", 1960), or with 8 bits to a multiple of a 127th of its
// largest coordinate, times |r|^2 / <y, r>, which makes the estimate unbiased for a random rotation (Gao and Long,
// "RaBitQ", SIGMOD 2024). The terms that do not depend on the query are one number, `offset`, which includes <y, c>, so
// that one table serves a query in all lists:
//
//   estimate = |q - c|^2 + e(q)^2 + offset - scale * <q, y>.
//
// Codes of up to 4 bits are looked up in tables, those of 8 bits multiplied with a query of bytes: these take more time
// for one query, and less for many on a processor with a matrix unit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quantize/residual_codes.h"

namespace nearabout::quantize {

class PcaCodes : public ResidualCodes {
 public:
  explicit PcaCodes(CodeShape shape);

  RowTerms encode(const float* projection, const float* centroid, float residual_square,
                  std::uint8_t* packed) const override;
  void approximate(const std::uint8_t* packed, const RowTerms& terms, float* values) const override;
  QueryCodes bind(const float* projection, std::int8_t* tables) const override;
  // Returns the same estimate for one row, without the terms that depend on the query and the list alone.
  double estimate(const float* projection, const std::uint8_t* packed, const RowTerms& terms) const;

 private:
  float factor_of(const float* projection, const float* centroid, double square) const;
  unsigned code_of(float value) const;
  float value_of(unsigned code) const;
  unsigned code_at(const std::uint8_t* packed, std::size_t direction) const;
  void put_code(std::uint8_t* packed, std::size_t direction, unsigned code) const;
  QueryCodes fill_tables(const float* projection, std::int8_t* tables) const;

  // Of codes of up to 4 bits:
  std::vector<float> levels_;    // ascending
  std::vector<float> borders_;   // boundaries between the levels
  std::vector<float> patterns_;  // 16 patterns for each direction that a code covers
};

}  // namespace nearabout::quantize
