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

namespace nearabout::quantize {

constexpr bool are_code_bits(std::size_t bits) { return bits == 1 || bits == 2 || bits == 4 || bits == 8; }

struct CodeShape {
  std::size_t directions = 0;  // number of encoded directions: directions * bits is a multiple of 32
  std::size_t bits = 0;        // 1, 2, 4 or 8

  bool has_bytes() const { return bits == 8; }
  std::size_t codes() const { return directions * bits / 4; }  // codes of four bits
  std::size_t lines() const { return codes() / 8; }            // lines per block (kernels.h)
  std::size_t bytes() const { return codes() / 2; }            // bytes per row
  std::size_t query_bytes() const;                             // bytes of a query's tables, or of the query itself
  friend bool operator==(const CodeShape&, const CodeShape&) = default;
};

struct RowTerms {
  float offset = 0;
  float scale = 0;
};

// What the scan of codes needs of a query, besides its tables or bytes.
struct QueryCodes {
  float unit = 0;               // the value of an entry, or of a byte, of 1
  std::int32_t correction = 0;  // as in kernels::CodeScan
};

class PcaCodes {
 public:
  explicit PcaCodes(CodeShape shape);

  const CodeShape& shape() const { return shape_; }

  // Encodes a row as bytes, or as codes of four bits, two to a byte: code i is in the low half of byte i / 2 if i is
  // even.
  // `projection` and `centroid` have directions() floats.
  RowTerms encode(const float* projection, const float* centroid, float residual_square, std::uint8_t* packed) const;
  // Decodes a row: writes the vector that a query is multiplied with, the levels times the scale, directions() floats.
  void approximate(const std::uint8_t* packed, const RowTerms& terms, float* values) const;
  // Fills the tables of a query (kernels.h), or writes its bytes: shape().query_bytes() of them.
  QueryCodes bind(const float* projection, std::int8_t* tables) const;
  // Returns the same estimate for one row, without the terms that depend on the query and the list alone.
  double estimate(const float* projection, const std::uint8_t* packed, const RowTerms& terms) const;

 private:
  float factor_of(const float* projection, const float* centroid, double square) const;
  unsigned code_of(float value) const;
  float value_of(unsigned code) const;
  unsigned code_at(const std::uint8_t* packed, std::size_t direction) const;
  void put_code(std::uint8_t* packed, std::size_t direction, unsigned code) const;
  QueryCodes fill_tables(const float* projection, std::int8_t* tables) const;

  CodeShape shape_;
  // Of codes of up to 4 bits:
  std::vector<float> levels_;    // ascending
  std::vector<float> borders_;   // boundaries between the levels
  std::vector<float> patterns_;  // 16 patterns for each direction that a code covers
};

// Stores the codes of a row at its place in a block.
void put_codes(const std::uint8_t* packed, const CodeShape& shape, std::size_t place, std::uint8_t* block);

}  // namespace nearabout::quantize
