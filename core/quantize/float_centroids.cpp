#include "quantize/float_centroids.h"

#include <limits>

#include "base/norm.h"
#include "base/threads.h"
#include "base/transpose.h"
#include "kernels/kernels.h"

namespace nearabout::quantize {
namespace {

constexpr std::size_t kColumns = 16;  // columns come in groups of so many
constexpr std::size_t kVectorsPerTask = 512;

}  // namespace

FloatCentroids::FloatCentroids(const std::vector<float>& centroids, std::size_t dims)
    : dims_(dims), count_(centroids.size() / dims) {
  const std::size_t columns = (count_ + kColumns - 1) / kColumns * kColumns;
  columns_.resize(columns * dims, 0.0f);
  offsets_.resize(columns, -std::numeric_limits<float>::infinity());
  transpose(centroids.data(), count_, dims, columns_.data(), columns);
  for (std::size_t c = 0; c < count_; ++c)
    offsets_[c] = static_cast<float>(-squared_norm(centroids.data() + c * dims, dims) / 2);
}

void FloatCentroids::nearest(const float* vectors, std::size_t count, std::uint32_t* ids, float* sums) const {
  kernels::table().nearest(vectors, dims_, count, {columns_.data(), offsets_.data(), dims_, offsets_.size()}, ids,
                           sums);
}

void FloatCentroids::nearest(const float* vectors, std::size_t count, std::uint32_t* ids, float* sums,
                             std::size_t threads, const Monitor& monitor) const {
  parallel_for(
      count, kVectorsPerTask, threads,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        nearest(vectors + begin * dims_, end - begin, ids + begin, sums + begin);
      },
      monitor);
}

}  // namespace nearabout::quantize
