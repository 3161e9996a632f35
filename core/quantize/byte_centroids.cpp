#include "quantize/byte_centroids.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "base/threads.h"
#include "kernels/kernels.h"

namespace nearabout::quantize {
namespace {

using kernels::kPanelQueries;
using kernels::kPanelRows;

constexpr std::size_t kPanelsAtATime = 16;  // panels whose products stay in the first-level cache
constexpr std::size_t kPointsAtATime = 512;
constexpr float kScale = -2;  // of products, in a distance

// Returns the least offset + scale * dot, in lanes that compilers turn into vectors.
float least_score(const std::int32_t* dots, const float* offsets, std::size_t count) {
  constexpr std::size_t kLanesOfLeast = 8;
  std::array<float, kLanesOfLeast> least;
  least.fill(std::numeric_limits<float>::infinity());
  const auto look_at = [&](std::size_t i, std::size_t lane) {
    const float score = offsets[i] + kScale * static_cast<float>(dots[i]);
    least[lane] = score < least[lane] ? score : least[lane];
  };
  const std::size_t whole = count / kLanesOfLeast * kLanesOfLeast;
  for (std::size_t i = 0; i < whole; i += kLanesOfLeast)
    for (std::size_t lane = 0; lane < kLanesOfLeast; ++lane) look_at(i + lane, lane);
  for (std::size_t i = whole; i < count; ++i) look_at(i, i - whole);
  return *std::min_element(least.begin(), least.end());
}

}  // namespace

ByteCentroids::ByteCentroids(const std::vector<std::int8_t>& values, std::size_t dims, bool narrow)
    : dims_(dims), dots_(narrow ? kernels::table().screen.narrow_panel_dots : kernels::table().screen.panel_dots) {
  const std::size_t count = values.size() / dims;
  if (narrow)
    panels_.pack_narrow(values.data(), count, dims);
  else
    panels_.pack(values.data(), count, dims);
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
  find(points, rows, 1, offsets, ids, threads);
}

void ByteCentroids::nearest_several(const std::int8_t* points, std::size_t rows, std::size_t several,
                                    std::uint32_t* ids, std::size_t threads) const {
  find(points, rows, several, norms_, ids, threads);
}

void ByteCentroids::find(const std::int8_t* points, std::size_t rows, std::size_t several,
                         const std::vector<float>& offsets, std::uint32_t* ids, std::size_t threads) const {
  parallel_for(rows, kPointsAtATime, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t i = begin; i < end; i += kPanelQueries)
      find_together(points + i * dims_, std::min(kPanelQueries, end - i), several, offsets, ids + i * several);
  });
}

// Compares norms less twice the products: the square of the point, and its product with what flips the bytes of a
// panel, are the same for all centroids. Goes panel by panel: each point keeps its smallest scores so far, in order,
// and only smaller ones are examined.
void ByteCentroids::find_together(const std::int8_t* points, std::size_t count, std::size_t several,
                                  const std::vector<float>& offsets, std::uint32_t* ids) const {
  constexpr std::size_t kStride = kPanelsAtATime * kPanelRows;
  alignas(64) std::int32_t dots[kPanelQueries * kStride];
  std::uint32_t hits[kStride];
  float scores[kStride];
  std::vector<float> least(count * several, std::numeric_limits<float>::infinity());
  std::fill_n(ids, count * several, 0u);
  const kernels::ScreenKernels& screen = kernels::table().screen;
  for (std::size_t first = 0, panels = 1; first < panels_.count(); first += panels) {
    // a single first panel already rules out most others
    panels = std::min(first == 0 ? 1 : kPanelsAtATime, panels_.count() - first);
    dots_(panels_.panel(first), panels, points, dims_, count, dims_, dots, kStride);
    const float* const own_offsets = offsets.data() + first * kPanelRows;
    const std::size_t centroids = std::min(panels * kPanelRows, norms_.size() - first * kPanelRows);
    for (std::size_t q = 0; q < count; ++q) {
      float* const kept = least.data() + q * several;
      std::uint32_t* const found = ids + q * several;
      const bool finds_least = first == 0 && several == 1;
      const float threshold = finds_least ? least_score(dots + q * kStride, own_offsets, centroids) : kept[several - 1];
      const std::size_t hit_count =
          screen.hits(dots + q * kStride, centroids, {own_offsets, nullptr, kScale, 0, threshold}, hits, scores);
      for (std::size_t h = 0; h < hit_count; ++h) {
        if (!(scores[h] < kept[several - 1])) continue;
        std::size_t place = several - 1;
        for (; place > 0 && scores[h] < kept[place - 1]; --place) {
          kept[place] = kept[place - 1];
          found[place] = found[place - 1];
        }
        kept[place] = scores[h];
        found[place] = static_cast<std::uint32_t>(first * kPanelRows) + hits[h];
      }
    }
  }
}

}  // namespace nearabout::quantize
