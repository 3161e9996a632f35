// Codes of 3, 4, 5, 6 or 7 bits per direction on uniform levels, looked up in tables of sixteen entries.
//
// A number of b bits is a sum of planes: 4, 2 and 1 of its bits, the highest first, each worth as much as where it
// stands. A product with the query is linear, so it is the sum of what the planes look up, and a scan of tables
// (kernels.h) serves any number of bits: one look-up for four bits of one direction, two of two, or one of four.
//
// The residual r is divided by the steps of its directions (ones after a random rotation: J. Gao and C. Long, "RaBitQ",
// SIGMOD 2024, and J. Gao et al., arXiv 2409.09913, for more bits; the spread of each coordinate for scalar codes),
// then rounded to y at that multiple, of a few, at which y is most nearly parallel to r. The row is taken to be y |r|^2
// / <y, r>, which makes the estimate unbiased (leading_codes.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "quantize/residual_codes.h"

namespace nearabout::quantize {

constexpr bool are_uniform_bits(std::size_t bits) { return bits >= 3 && bits <= 7; }

class UniformCodes : public ResidualCodes {
 public:
  // `steps` are above zero, one for each direction, of which there are a multiple of 32.
  UniformCodes(const CodeShape& shape, std::vector<float> steps);

  RowTerms encode(const float* projection, const float* centroid, float residual_square,
                  std::uint8_t* packed) const override;
  void approximate(const std::uint8_t* packed, const RowTerms& terms, float* values) const override;
  QueryCodes bind(const float* projection, std::int8_t* tables) const override;

  std::span<const float> learnt() const override { return steps_; }

 private:
  // Some bits of each number.
  struct Plane {
    std::size_t bits;             // 4, 2 or 1
    std::size_t shift;            // bits of the numbers below it
    std::size_t first_bit;        // of a row's code, where the plane begins
    std::vector<float> patterns;  // 16 for each direction that a code of four bits covers
  };
  unsigned number_at(const std::uint8_t* packed, std::size_t direction) const;
  void put_number(std::uint8_t* packed, std::size_t direction, unsigned number) const;
  float value_of(unsigned number) const { return static_cast<float>(number) - middle_; }
  float nearest_value(float value) const;
  float best_multiple(const std::vector<float>& scaled, const std::vector<float>& weights) const;

  std::vector<float> steps_;
  float middle_;  // of the levels
  std::vector<Plane> planes_;
};

}  // namespace nearabout::quantize
