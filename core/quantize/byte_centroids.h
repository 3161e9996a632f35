// Centroids of signed bytes, and the search for the centroid nearest to a point. Points are bytes on the same scale, so
// that all distances are whole numbers: equal on every processor, for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernels.h"
#include "quantize/panels.h"

namespace nearabout::quantize {

// 2 * 127 * 255 * kMaxByteDims + 127^2 * kMaxByteDims is below 2^24: floats hold all sums exactly. With more
// dimensions, of which a division of rows has some, large sums are rounded, everywhere in the same way.
inline constexpr std::size_t kMaxByteDims = 192;

class ByteCentroids {
 public:
  // Packs `values`, which is count x dims; dims is a multiple of four. They and all points may be narrow (kernels.h):
  // it then takes less time.
  ByteCentroids(const std::vector<std::int8_t>& values, std::size_t dims, bool narrow = false);

  std::size_t count() const { return norms_.size(); }
  std::size_t dims() const { return dims_; }

  // Sets ids[i] to the centroid with the smallest |point i - centroid|^2 + penalty, the first one of equals.
  // `penalties` has one number per centroid, or is empty.
  void nearest(const std::int8_t* points, std::size_t rows, const std::vector<float>& penalties, std::uint32_t* ids,
               std::size_t threads) const;
  // Sets ids[i * several ..] to the `several` nearest centroids of point i, nearest first, the first ones of equals.
  // There are at least as many centroids.
  void nearest_several(const std::int8_t* points, std::size_t rows, std::size_t several, std::uint32_t* ids,
                       std::size_t threads) const;

 private:
  void find(const std::int8_t* points, std::size_t rows, std::size_t several, const std::vector<float>& offsets,
            std::uint32_t* ids, std::size_t threads) const;
  void find_together(const std::int8_t* points, std::size_t count, std::size_t several,
                     const std::vector<float>& offsets, std::uint32_t* ids) const;

  std::size_t dims_;
  kernels::PanelDots dots_;
  Panels panels_;
  std::vector<float> norms_;  // squared
};

}  // namespace nearabout::quantize
