// Codes of 1, 2 or 4 bits a direction: what a row is beyond the centroid of its list, and an unbiased estimate of its
// distance from them.
//
// With the row x, its list's centroid c and the residual r = x - c, along the leading directions (directions.h),
//
//   |q - x|^2  is about  |q - c|^2 + |r|^2 - 2 <q - c, r> + rest(q)^2 + rest(x)^2,
//
// rest being what the directions leave out of each. In place of r stands its code y, each coordinate of r over r's root
// mean square rounded to one of 2, 4 or 16 levels (those of least square error for a normal distribution: J. Max,
// "Quantizing for minimum distortion", 1960), times |r|^2 / <y, r>, which makes the estimate unbiased for a random
// rotation (Gao and Long, "RaBitQ", SIGMOD 2024). What of this does not depend on the query is one number, `offset`,
// with <y, c> in it: so one table serves a query in all lists,
//
//   estimate = |q - c|^2 + rest(q)^2 + offset - scale * <q, y>.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout {

struct CodeShape {
  std::size_t directions = 0;  // along which there are codes: directions * bits is a multiple of 32
  std::size_t bits = 0;        // 1, 2 or 4

  std::size_t codes() const { return directions * bits / 4; }  // of four bits
  std::size_t lines() const { return codes() / 8; }            // of a block (kernels.h)
  std::size_t bytes() const { return codes() / 2; }            // of a row
  friend bool operator==(const CodeShape&, const CodeShape&) = default;
};

struct RowTerms {
  float offset = 0;
  float scale = 0;
};

class PcaCodes {
 public:
  explicit PcaCodes(CodeShape shape);

  const CodeShape& shape() const { return shape_; }

  // Codes of four bits, two to a byte: code i in the low half of byte i / 2 where i is even. `projection` and
  // `centroid` have directions() floats.
  RowTerms encode(const float* projection, const float* centroid, float rest, std::uint8_t* packed) const;
  // What a query is multiplied with in place of the codes: the levels times the scale, directions() floats.
  void approximate(const std::uint8_t* packed, const RowTerms& terms, float* values) const;
  // The tables of a query (kernels.h), codes() * 16 bytes; gives what an entry of 1 stands for.
  float fill_tables(const float* projection, std::int8_t* tables) const;
  // The same estimate one row at a time, less what depends on the query and the list alone.
  double estimate(const float* projection, const std::uint8_t* packed, const RowTerms& terms) const;

 private:
  std::size_t level_of(float value) const;
  std::size_t level_at(const std::uint8_t* packed, std::size_t direction) const;

  CodeShape shape_;
  std::vector<float> levels_;    // rising
  std::vector<float> borders_;   // between them
  std::vector<float> patterns_;  // of 16 codes, for each direction that a code covers
};

// Puts the codes of a row at its place in a block.
void put_codes(const std::uint8_t* packed, std::size_t lines, std::size_t place, std::uint8_t* block);

}  // namespace nearabout
