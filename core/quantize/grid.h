// Scalar codes: one byte per dimension, each dimension with a grid of its own; and queries as signed bytes to multiply
// with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::quantize {

// The value of code c in dimension j is low[j] + step[j] * c. `middle[j]` is the code of the mean, which is known in
// advance, so that only the spread around it contributes to the error of a product.
struct Grid {
  std::vector<float> low;
  std::vector<float> step;
  std::vector<float> middle;

  std::size_t dims() const { return low.size(); }

  // Writes the nearest codes, clipped to 0 .. 255.
  void encode(const float* values, std::uint8_t* codes) const;

  // Returns a grid for values like these (`count` vectors): the range of each dimension and a small margin.
  static Grid spanning(const std::vector<float>& values, std::size_t count, std::size_t dims);
  // Returns the grid of the integers from `low` to low + 255, relative to `centre`: for vectors that are already bytes.
  static Grid of_integers(const std::vector<float>& centre, float low);
};

// A query to multiply with codes: <query, value of code> = scale * <signed, code> + constant, off by at most residual *
// |code - middle|.
struct GridQuery {
  GridQuery(const Grid& grid, const float* query);

  std::vector<std::int8_t> bytes;  // padded to a multiple of four with zeros
  float scale = 0;
  double constant = 0;
  double residual = 0;
  double largest_sum = 0;  // sum of |byte| * 255, which the integer product cannot exceed
};

}  // namespace nearabout::quantize
