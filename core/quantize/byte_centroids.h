// Centroids of signed bytes, and the search for the centroid nearest to a point. Points are bytes on the same scale, so
// that all distances are whole numbers: equal on every processor, for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned.h"

namespace nearabout::quantize {

// 2 * 127 * 255 * kMaxByteDims + 127^2 * kMaxByteDims is below 2^24: floats hold all sums exactly.
inline constexpr std::size_t kMaxByteDims = 192;

class ByteCentroids {
 public:
  // Packs `values`, which is count x dims; dims is a multiple of four.
  ByteCentroids(const std::vector<std::int8_t>& values, std::size_t dims);

  std::size_t count() const { return norms_.size(); }
  std::size_t dims() const { return dims_; }

  // Sets ids[i] to the centroid with the smallest |point i - centroid|^2 + penalty, the first one of equals.
  // `penalties` has one number per centroid, or is empty.
  void nearest(const std::int8_t* points, std::size_t rows, const std::vector<float>& penalties, std::uint32_t* ids,
               std::size_t threads) const;

 private:
  void nearest_of(const std::int8_t* points, std::size_t count, const std::vector<float>& offsets,
                  std::uint32_t* ids) const;

  std::size_t dims_;
  std::size_t panel_count_;
  AlignedArray<std::uint8_t> panels_;
  std::vector<float> norms_;  // squared
};

}  // namespace nearabout::quantize
