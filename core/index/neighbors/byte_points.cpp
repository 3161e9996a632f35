#include "index/neighbors/byte_points.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "kernels/kernels.h"
#include "quantize/byte_vector.h"
#include "quantize/panels.h"

namespace nearabout::neighbors {
namespace {

constexpr std::size_t kRowsPerConversion = 1'024;
constexpr float kMaxPointByte = kernels::kNarrowQuery;

}  // namespace

BytePoints::BytePoints(const quantize::StoredScreen& stored, std::size_t threads, const Monitor& monitor)
    : dims_(kernels::padded_dims(stored.screen.grid.dims())) {
  const quantize::Grid& grid = stored.screen.grid;
  const std::size_t outputs = grid.dims();
  // The last output of a projection is the length of the remainder.
  const bool has_rest = !stored.screen.contraction.identity();
  const std::size_t directions = outputs - (has_rest ? 1 : 0);
  float largest = 0;
  for (std::size_t j = 0; j < directions; ++j)
    largest = std::max({largest, std::abs(grid.low[j]), std::abs(grid.low[j] + 255 * grid.step[j])});
  const float step = std::max(largest, 1e-30f) / kMaxPointByte;
  scale_ = -2 * step * step;
  std::vector<float> low(directions), steps(directions);
  for (std::size_t j = 0; j < directions; ++j) {
    low[j] = grid.low[j] / step;
    steps[j] = grid.step[j] / step;
  }
  const std::size_t count = stored.codes->shape().rows;
  bytes_.assign(count * dims_, std::int8_t{0});
  squares_.resize(count);
  shifts_.resize(count);
  const auto convert = [&](std::size_t begin, std::size_t end, std::size_t) {
    stored.codes->check_rows(begin, end);
    const MatrixView codes = stored.codes->matrix();
    for (std::size_t row = begin; row < end; ++row) {
      const std::byte* const from = codes.row(row);
      std::int8_t* const to = bytes_.data() + row * dims_;
      for (std::size_t j = 0; j < directions; ++j) {
        const float value =
            low[j] + steps[j] * static_cast<float>(std::to_integer<std::uint8_t>(from[j]) ^ stored.flip);
        to[j] = quantize::rounded(std::min(std::max(value, -kMaxPointByte), kMaxPointByte));
      }
      std::int32_t square = 0;
      std::int32_t sum = 0;
      for (std::size_t j = 0; j < directions; ++j) {
        square += to[j] * to[j];
        sum += to[j];
      }
      shifts_[row] = quantize::Panels::kNarrowShift * sum;
      const float rest =
          has_rest ? grid.low[directions] +
                         grid.step[directions] * static_cast<float>(std::to_integer<std::uint8_t>(from[directions]))
                   : 0.0f;
      squares_[row] = step * step * static_cast<float>(square) + rest * rest;
    }
  };
  parallel_for(count, kRowsPerConversion, threads, convert, monitor);
}

BytePoints::BytePoints(const BytePoints& others, const std::vector<std::uint32_t>& order)
    : dims_(others.dims_), scale_(others.scale_) {
  bytes_.reserve(order.size() * dims_);
  for (const std::uint32_t row : order) {
    bytes_.insert(bytes_.end(), others.bytes(row), others.bytes(row) + dims_);
    squares_.push_back(others.squares_[row]);
    shifts_.push_back(others.shifts_[row]);
  }
}

}  // namespace nearabout::neighbors
