#include "annoy/sketch.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "annoy/floats.h"
#include "annoy/layout.h"
#include "base/threads.h"
#include "base/transpose.h"
#include "kernels/kernels.h"

namespace nearabout::annoy {
namespace {

// Number of directions, found by experiment: with 32, many trees are too much alike and lose up to 4 % of recall; 128
// gain nothing.
constexpr std::size_t kWidth = 64;
constexpr std::size_t kMinDims = 96;
constexpr std::size_t kMinItems = 1000;
constexpr std::size_t kSketchSample = 1024;
constexpr int kSketchRounds = 3;
constexpr std::size_t kItemsPerTask = 64;

// Copies a vector as it is projected: normalised if only directions count, and zero if it has NaN or infinity, which
// would leave no direction finite.
void copy_row(const Table& full, std::uint32_t item, float* to) {
  const float* row = floats_at(full.rows, item * full.stride);
  const float square = dot(row, row, full.dims);
  if (!std::isfinite(square)) {
    std::fill_n(to, full.dims, 0.0f);
    return;
  }
  std::copy_n(row, full.dims, to);
  if (!full.directions || square == 0) return;
  const float factor = 1 / std::sqrt(square);
  for (std::size_t i = 0; i < full.dims; ++i) to[i] *= factor;
}

// Orthonormalises the columns one after another; the remainder of a linearly dependent one is dropped.
void orthonormalise(std::vector<float>& columns) {
  const std::size_t count = columns.size() / kWidth;
  std::vector<float> rows(columns.size());  // transposed, for memory order
  transpose(columns.data(), count, kWidth, rows.data(), count);
  for (std::size_t column = 0; column < kWidth; ++column) {
    float* current = &rows[column * count];
    const float before = std::sqrt(dot(current, current, count));
    for (int pass = 0; pass < 2; ++pass)  // a second pass removes the rounding error of the first
      for (std::size_t other = 0; other < column; ++other)
        add_scaled(current, &rows[other * count], -dot(current, &rows[other * count], count), count);
    const float length = std::sqrt(dot(current, current, count));
    const float factor = length > 1e-5f * before && length > 0 ? 1 / length : 0.0f;
    for (std::size_t i = 0; i < count; ++i) current[i] *= factor;
  }
  transpose(rows.data(), kWidth, count, columns.data(), kWidth);
}

}  // namespace

bool Sketch::pays(std::size_t items, std::size_t item_count, std::size_t dims) {
  return dims >= kMinDims && items >= kMinItems && items >= item_count / 2;
}

Sketch::Sketch(const Table& full, std::span<const std::uint32_t> items, std::uint32_t item_count, std::size_t threads,
               const std::function<void(std::size_t worker)>& keep_going)
    : dims_(full.dims), of_directions_(full.directions), rows_(item_count * kWidth) {
  find_directions(full, items);
  parallel_for(items.size(), kItemsPerTask, threads, [&](std::size_t begin, std::size_t end, std::size_t worker) {
    keep_going(worker);
    std::vector<float> block((end - begin) * dims_);
    std::vector<float> projected((end - begin) * kWidth);
    for (std::size_t i = begin; i < end; ++i) copy_row(full, items[i], &block[(i - begin) * dims_]);
    kernels::table().project(block.data(), end - begin, dims_, directions_.data(), kWidth, projected.data());
    for (std::size_t i = begin; i < end; ++i)
      std::copy_n(&projected[(i - begin) * kWidth], kWidth, &rows_[items[i] * kWidth]);
  });
}

void Sketch::find_directions(const Table& full, std::span<const std::uint32_t> items) {
  Random random(dims_);
  const std::size_t count = std::min(items.size(), kSketchSample);
  std::vector<float> sample(count * dims_);
  std::vector<float> transposed(count * dims_);
  for (std::size_t part = 0; part < count; ++part)
    copy_row(full, items[items.size() * part / count], &sample[part * dims_]);
  transpose(sample.data(), count, dims_, transposed.data(), count);
  directions_.resize(dims_ * kWidth);
  for (float& value : directions_) value = static_cast<float>(random.symmetric());
  std::vector<float> products(count * kWidth);
  for (int round = 0; round < kSketchRounds; ++round) {
    orthonormalise(directions_);
    kernels::table().project(sample.data(), count, dims_, directions_.data(), kWidth, products.data());
    kernels::table().project(transposed.data(), dims_, count, products.data(), kWidth, directions_.data());
  }
  orthonormalise(directions_);
}

Table Sketch::table() const {
  const std::byte* const rows = std::as_bytes(std::span(rows_)).data();
  return {rows, kWidth * sizeof(float), kWidth, of_directions_, nullptr, kForSketches};
}

std::vector<float> Sketch::unproject(const std::vector<float>& normal) const {
  std::vector<float> full_normal(dims_);
  for (std::size_t i = 0; i < dims_; ++i) full_normal[i] = dot(&directions_[i * kWidth], normal.data(), kWidth);
  return full_normal;
}

}  // namespace nearabout::annoy
