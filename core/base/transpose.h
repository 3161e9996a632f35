// Matrix transposition.
#pragma once

#include <algorithm>
#include <cstddef>

namespace nearabout {

// Computes to[j * stride + i] = from[i * columns + j], in square tiles, so that both sides are read and written
// locally.
inline void transpose(const float* from, std::size_t rows, std::size_t columns, float* to, std::size_t stride) {
  constexpr std::size_t kTile = 16;
  for (std::size_t top = 0; top < rows; top += kTile)
    for (std::size_t left = 0; left < columns; left += kTile) {
      const std::size_t bottom = std::min(top + kTile, rows);
      const std::size_t right = std::min(left + kTile, columns);
      for (std::size_t j = left; j < right; ++j)
        for (std::size_t i = top; i < bottom; ++i) to[j * stride + i] = from[i * columns + j];
    }
}

}  // namespace nearabout
