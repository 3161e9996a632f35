#include "quantize/byte_centroids.h"

#include <algorithm>
#include <limits>

#include "base/threads.h"
#include "kernels/kernels.h"

namespace nearabout::quantize {
namespace {

using kernels::kPanelQueries;
using kernels::kPanelRows;

constexpr std::size_t kPanelsAtATime = 16;  // panels whose products stay in the first-level cache
constexpr std::size_t kPointsAtATime = 512;

std::int32_t sum_of(const std::int8_t* values, std::size_t count) {
  std::int32_t sum = 0;
  for (std::size_t j = 0; j < count; ++j) sum += values[j];
  return sum;
}

}  // namespace

ByteCentroids::ByteCentroids(const std::vector<std::int8_t>& values, std::size_t dims) : dims_(dims) {
  const std::size_t count = values.size() / dims;
  panel_count_ = (count + kPanelRows - 1) / kPanelRows;
  const std::size_t bytes = kernels::panel_bytes(dims);
  panels_ = aligned_array<std::uint8_t>(panel_count_ * bytes);
  for (std::size_t p = 0; p < panel_count_; ++p)
    kernels::table().screen.pack_panel(values.data() + p * kPanelRows * dims, dims,
                                       std::min(kPanelRows, count - p * kPanelRows), dims, 0x80,
                                       panels_.get() + p * bytes);
  norms_.resize(count);
  for (std::size_t c = 0; c < count; ++c) {
    std::int32_t norm = 0;
    for (std::size_t j = 0; j < dims; ++j) norm += values[c * dims + j] * values[c * dims + j];
    norms_[c] = static_cast<float>(norm);
  }
}

void ByteCentroids::nearest(const std::int8_t* points, std::size_t rows, const std::vector<float>& penalties,
                            std::uint32_t* ids, std::size_t threads) const {
  std::vector<float> offsets = norms_;
  for (std::size_t c = 0; c < penalties.size(); ++c) offsets[c] += penalties[c];
  parallel_for(rows, kPointsAtATime, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t i = begin; i < end; i += kPanelQueries)
      nearest_of(points + i * dims_, std::min(kPanelQueries, end - i), offsets, ids + i);
  });
}

// Goes panel by panel: each point keeps its smallest value so far, and only smaller ones are examined.
void ByteCentroids::nearest_of(const std::int8_t* points, std::size_t count, const std::vector<float>& offsets,
                               std::uint32_t* ids) const {
  constexpr std::size_t kStride = kPanelsAtATime * kPanelRows;
  alignas(64) std::int32_t dots[kPanelQueries * kStride];
  std::uint32_t hits[kStride];
  float scores[kStride];
  float least[kPanelQueries];
  float moved[kPanelQueries];  // 128 times the sum of the point's bytes, twice
  for (std::size_t q = 0; q < count; ++q) {
    least[q] = std::numeric_limits<float>::infinity();
    moved[q] = 256.0f * static_cast<float>(sum_of(points + q * dims_, dims_));
    ids[q] = 0;
  }
  const kernels::ScreenKernels& screen = kernels::table().screen;
  for (std::size_t first = 0, panels = 1; first < panel_count_; first += panels) {
    // a single first panel already rules out most others
    panels = std::min(first == 0 ? 1 : kPanelsAtATime, panel_count_ - first);
    screen.panel_dots(panels_.get() + first * kernels::panel_bytes(dims_), panels, points, dims_, count, dims_, dots,
                      kStride);
    const std::size_t centroids = std::min(panels * kPanelRows, norms_.size() - first * kPanelRows);
    for (std::size_t q = 0; q < count; ++q) {
      const std::size_t found =
          screen.hits(dots + q * kStride, centroids,
                      {offsets.data() + first * kPanelRows, nullptr, -2.0f, 0, least[q] - moved[q]}, hits, scores);
      for (std::size_t h = 0; h < found; ++h) {
        if (scores[h] + moved[q] >= least[q]) continue;
        least[q] = scores[h] + moved[q];
        ids[q] = static_cast<std::uint32_t>(first * kPanelRows) + hits[h];
      }
    }
  }
}

}  // namespace nearabout::quantize
