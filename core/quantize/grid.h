// Scalar codes: one byte a dimension on a grid of its own, and queries as signed bytes against them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout {

// The value of code c in dimension j is low[j] + step[j] * c. `middle[j]` is the code of the mean: what is known of all
// codes in advance, so that only the spread around it enters the error of a product.
struct Grid {
  std::vector<float> low;
  std::vector<float> step;
  std::vector<float> middle;

  std::size_t dims() const { return low.size(); }

  // Nearest codes, clipped to 0 .. 255.
  void encode(const float* values, std::uint8_t* codes) const;

  // A grid for values like these (`count` vectors): the range of each dimension and a little more.
  static Grid spanning(const std::vector<float>& values, std::size_t count, std::size_t dims);
  // The integers from `low` to low + 255, seen from `centre`: for vectors that are codes already.
  static Grid of_integers(const std::vector<float>& centre, float low);
};

// A query against codes: <query, value of code> = scale * <signed, code> + constant, off by at most
// residual * |code - middle|.
struct GridQuery {
  GridQuery(const Grid& grid, const float* query);

  std::vector<std::int8_t> bytes;  // padded to a multiple of four with zeros
  float scale = 0;
  double constant = 0;
  double residual = 0;
  double largest_sum = 0;  // of |byte| * 255: what the integer product cannot exceed
};

}  // namespace nearabout
