#include "index/calibration/truth.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/norm.h"
#include "base/threads.h"
#include "quantize/byte_vector.h"

namespace nearabout {
namespace {

using kernels::kPanelQueries;
using kernels::kPanelRows;

constexpr std::size_t kQueriesAtATime = 32;  // of a thread
constexpr double kRounding = 1e-5;           // what sums of floats are off by, of the squares, with room to spare
constexpr double kSame = 1e-6;               // as near as this, of the squares, are copies

// What is left of a vector beyond its bytes, as a length.
double left_over(const float* vector, const std::int8_t* bytes, float scale, std::size_t dims) {
  float sum = 0;
  for (std::size_t j = 0; j < dims; ++j) {
    const float left = vector[j] - scale * static_cast<float>(bytes[j]);
    sum += left * left;
  }
  return std::sqrt(double{sum}) * 1.0001;
}

}  // namespace

TruthScan::TruthScan(const std::vector<float>& queries, std::size_t dims, std::size_t k,
                     const std::vector<std::uint32_t>& own, std::size_t threads)
    : dims_(dims),
      padded_(kernels::padded_dims(dims)),
      threads_(threads),
      own_(own),
      queries_(queries.size() / dims),
      query_bytes_(queries_.size() * padded_, 0) {
  for (std::size_t i = 0; i < queries_.size(); ++i) {
    const float* const vector = queries.data() + i * dims;
    std::int8_t* const bytes = query_bytes_.data() + i * padded_;
    Query& query = queries_[i];
    query.vector.assign(vector, vector + dims);
    query.scale = to_bytes(vector, dims, bytes);
    for (std::size_t j = 0; j < dims; ++j) query.sum += bytes[j];
    query.square = squared_norm(vector, dims);
    query.length = std::sqrt(query.square);
    query.error = left_over(vector, bytes, query.scale, dims);
    query.best = TopK(k);
  }
}

std::uint8_t* TruthScan::panel_bytes(std::size_t panel) const {
  auto* const bytes = static_cast<std::uint8_t*>(static_cast<void*>(packed_.get()));
  return bytes + panel * kernels::panel_bytes(dims_);
}

void TruthScan::look_at(std::size_t first, const float* rows, std::size_t count) {
  const std::size_t panels = (count + kPanelRows - 1) / kPanelRows;
  if (panels > room_) packed_ = aligned_bytes(panels * kernels::panel_bytes(dims_));
  room_ = std::max(room_, panels);
  panels_.resize(panels);
  squares_.resize(panels * kPanelRows);
  errors_.resize(panels * kPanelRows);
  parallel_for(panels, 8, threads_, [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t panel = begin; panel < end; ++panel)
      pack(rows + panel * kPanelRows * dims_, panel, std::min(kPanelRows, count - panel * kPanelRows));
  });
  parallel_for(queries_.size(), kQueriesAtATime, threads_, [&](std::size_t begin, std::size_t end, std::size_t) {
    alignas(64) std::int32_t dots[kPanelQueries * kPanelRows];
    for (std::size_t panel = 0; panel < panels; ++panel)
      for (std::size_t q = begin; q < end; q += kPanelQueries) {
        const std::size_t some = std::min(kPanelQueries, end - q);
        kernels::table().screen.panel_dot(panel_bytes(panel), query_bytes_.data() + q * padded_, padded_, some, dims_,
                                          dots);
        for (std::size_t i = 0; i < some; ++i)
          compare(q + i, panel, first, rows, std::min(kPanelRows, count - panel * kPanelRows), dots + i * kPanelRows);
      }
  });
}

void TruthScan::pack(const float* rows, std::size_t panel, std::size_t count) {
  std::vector<std::int8_t> bytes(kPanelRows * dims_);
  const float largest = largest_of(rows, count * dims_);
  const float scale = largest > 1e-30f ? largest / 127 : 0;
  const float inverse = scale > 0 ? 1 / scale : 0;
  panels_[panel] = {scale, 0};
  for (std::size_t i = 0; i < count; ++i) {
    const float* const row = rows + i * dims_;
    for (std::size_t j = 0; j < dims_; ++j) bytes[i * dims_ + j] = rounded(row[j] * inverse);
    const double square = squared_norm(row, dims_);
    const double error = left_over(row, bytes.data() + i * dims_, scale, dims_);
    squares_[panel * kPanelRows + i] = static_cast<float>(square);
    errors_[panel * kPanelRows + i] = static_cast<float>(error);
    panels_[panel].longest = std::max(panels_[panel].longest, static_cast<float>(std::sqrt(square) + error));
  }
  kernels::table().screen.pack_panel(bytes.data(), dims_, count, dims_, 0x80, panel_bytes(panel));
}

// |x|^2 - 2 <x, q> is at least |x|^2 - 2 (<x', q'> + |x - x'| |q| + |x'| |q - q'|), with x' and q' what bytes hold.
void TruthScan::compare(std::size_t number, std::size_t panel, std::size_t first, const float* rows, std::size_t count,
                        const std::int32_t* dots) {
  Query& query = queries_[number];
  const Panel& of = panels_[panel];
  const std::size_t begin = panel * kPanelRows;
  const double unit = 2.0 * double{of.scale} * double{query.scale};
  const double moved = unit * 128 * query.sum;  // 128 was added to each byte of the rows
  const double longest = double{of.longest};
  const double doubt = 2 * longest * query.error + kRounding * (longest * longest + query.square + std::abs(moved));
  const double limit = query.best.worst() - query.square - moved + doubt;
  const kernels::Screen screen{squares_.data() + begin, errors_.data() + begin, static_cast<float>(-unit),
                               static_cast<float>(2 * query.length), static_cast<float>(limit)};
  std::uint32_t hits[kPanelRows];
  float bounds[kPanelRows];
  const std::size_t found = kernels::table().screen.hits(dots, count, screen, hits, bounds);
  if (found == 0) return;
  double distances[kPanelRows];
  const float* const base = rows + begin * dims_;
  kernels::table().f32.squared_l2(query.vector.data(), {base, dims_ * sizeof(float), hits, found}, dims_, distances);
  for (std::size_t i = 0; i < found; ++i) {
    const std::size_t row = first + begin + hits[i];
    const double sizes = query.square + double{squares_[begin + hits[i]]};
    const bool itself = !own_.empty() && (own_[number] == row || distances[i] <= kSame * sizes);
    if (!itself) query.best.push(distances[i], static_cast<std::uint32_t>(row));
  }
}

std::vector<std::vector<std::uint32_t>> TruthScan::take() {
  std::vector<std::vector<std::uint32_t>> nearest(queries_.size());
  for (std::size_t i = 0; i < queries_.size(); ++i)
    for (const Neighbour& found : queries_[i].best.take_sorted()) nearest[i].push_back(found.row);
  return nearest;
}

}  // namespace nearabout
