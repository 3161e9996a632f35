#include "index/calibration/ground_truth_scan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/norm.h"
#include "base/threads.h"
#include "quantize/byte_vector.h"

namespace nearabout::calibration {
namespace {

using kernels::kPanelQueries;
using kernels::kPanelRows;

constexpr std::size_t kQueriesPerTask = 32;  // queries per task of a thread
constexpr std::size_t kWaitingMost = 256;  // rows that may wait, plus some per neighbour, before the limit is tightened
// Bound of the rounding error of sums of floats, relative to the squares, with a margin.
constexpr double kFloatRounding = 1e-5;
constexpr double kCopyDistance = 1e-12;  // relative squared distance below which rows are copies: rounding only

// Sums of squares, in sixteen lanes so that compilers vectorise.
struct Lanes {
  float sums[16] = {};
  double total() const {
    double total = 0;
    for (const float sum : sums) total += double{sum};
    return total;
  }
};

double square_of(const float* vector, std::size_t dims) {
  Lanes lanes;
  std::size_t j = 0;
  for (; j + 16 <= dims; j += 16)
    for (std::size_t lane = 0; lane < 16; ++lane) lanes.sums[lane] += vector[j + lane] * vector[j + lane];
  for (; j < dims; ++j) lanes.sums[0] += vector[j] * vector[j];
  return lanes.total();
}

// Returns the length of the part of a vector that rounding to bytes removed.
double left_over(const float* vector, const std::int8_t* bytes, float scale, std::size_t dims) {
  Lanes lanes;
  const auto left = [&](std::size_t j) { return vector[j] - scale * static_cast<float>(bytes[j]); };
  std::size_t j = 0;
  for (; j + 16 <= dims; j += 16)
    for (std::size_t lane = 0; lane < 16; ++lane) lanes.sums[lane] += left(j + lane) * left(j + lane);
  for (; j < dims; ++j) lanes.sums[0] += left(j) * left(j);
  return std::sqrt(lanes.total()) * 1.0001;
}

}  // namespace

GroundTruthScan::GroundTruthScan(const std::vector<float>& queries, std::size_t dims, std::size_t k,
                                 const std::vector<std::uint32_t>& own, std::size_t threads)
    : dims_(dims),
      padded_(kernels::padded_dims(dims)),
      k_(k),
      threads_(threads),
      own_(own),
      queries_(queries.size() / dims),
      query_bytes_(queries_.size() * padded_, 0) {
  for (std::size_t i = 0; i < queries_.size(); ++i) {
    const float* const vector = queries.data() + i * dims;
    std::int8_t* const bytes = query_bytes_.data() + i * padded_;
    Query& query = queries_[i];
    query.vector.assign(vector, vector + dims);
    query.scale = quantize::to_bytes(vector, dims, bytes);
    for (std::size_t j = 0; j < dims; ++j) query.sum += bytes[j];
    query.square = squared_norm(vector, dims);
    query.length = std::sqrt(query.square);
    query.error = left_over(vector, bytes, query.scale, dims);
    query.best = TopK(k);
  }
}

std::uint8_t* GroundTruthScan::group_bytes(std::size_t group) const {
  return packed_.get() + group * kGroupRows / kPanelRows * kernels::panel_bytes(dims_);
}

void GroundTruthScan::look_at(std::size_t first, const float* rows, std::size_t count) {
  const std::size_t groups = (count + kGroupRows - 1) / kGroupRows;
  if (groups > room_)
    packed_ = aligned_array<std::uint8_t>(groups * kGroupRows / kPanelRows * kernels::panel_bytes(dims_));
  room_ = std::max(room_, groups);
  groups_.resize(groups);
  squares_.resize(groups * kGroupRows);
  errors_.resize(groups * kGroupRows);
  const auto rows_of = [=](std::size_t group) { return std::min(kGroupRows, count - group * kGroupRows); };
  parallel_for(groups, 1, threads_, [&](std::size_t group, std::size_t, std::size_t) {
    pack(rows + group * kGroupRows * dims_, group, rows_of(group));
  });
  parallel_for(queries_.size(), kQueriesPerTask, threads_, [&](std::size_t begin, std::size_t end, std::size_t) {
    alignas(64) std::int32_t dots[kPanelQueries * kGroupRows];
    for (std::size_t q = begin; q < end; ++q) {
      queries_[q].limit = static_cast<float>(queries_[q].best.worst() - queries_[q].square);
      queries_[q].width = 0;
    }
    for (std::size_t group = 0; group < groups; ++group)
      for (std::size_t q = begin; q < end; q += kPanelQueries) {
        const std::size_t batch_size = std::min(kPanelQueries, end - q);
        const std::size_t panels = (rows_of(group) + kPanelRows - 1) / kPanelRows;
        kernels::table().screen.panel_dots(group_bytes(group), panels, query_bytes_.data() + q * padded_, padded_,
                                           batch_size, dims_, dots, kGroupRows);
        for (std::size_t i = 0; i < batch_size; ++i) look_at_group(q + i, group, rows_of(group), dots + i * kGroupRows);
      }
    for (std::size_t q = begin; q < end; ++q) settle(q, first, rows);
  });
}

void GroundTruthScan::pack(const float* rows, std::size_t group, std::size_t count) {
  std::vector<std::int8_t> bytes(count * dims_);
  const float largest = quantize::largest_of(rows, count * dims_);
  const float scale = largest > 1e-30f ? largest / 127 : 0;
  const float inverse = scale > 0 ? 1 / scale : 0;
  groups_[group] = {scale, 0, 0};
  for (std::size_t i = 0; i < count; ++i) {
    const float* const row = rows + i * dims_;
    for (std::size_t j = 0; j < dims_; ++j) bytes[i * dims_ + j] = quantize::rounded(row[j] * inverse);
    const double square = square_of(row, dims_);
    const double error = left_over(row, bytes.data() + i * dims_, scale, dims_);
    squares_[group * kGroupRows + i] = static_cast<float>(square);
    errors_[group * kGroupRows + i] = static_cast<float>(error);
    groups_[group].longest = std::max(groups_[group].longest, static_cast<float>(std::sqrt(square) + error));
    groups_[group].error = std::max(groups_[group].error, static_cast<float>(error));
  }
  for (std::size_t begin = 0; begin < count; begin += kPanelRows)
    kernels::table().screen.pack_panel(bytes.data() + begin * dims_, dims_, std::min(kPanelRows, count - begin), dims_,
                                       0x80, group_bytes(group) + begin / kPanelRows * kernels::panel_bytes(dims_));
}

// Adds the rows that may be near, by a lower bound of their distance: |x|^2 - 2 <x, q> is at least |x|^2 - 2 (<x', q'>
// + |x - x'| |q| + |x'| |q - q'|), where x' and q' are the rounded vectors.
void GroundTruthScan::look_at_group(std::size_t number, std::size_t group, std::size_t count,
                                    const std::int32_t* dots) {
  Query& query = queries_[number];
  const Group& of = groups_[group];
  const std::size_t begin = group * kGroupRows;
  const double unit = 2.0 * double{of.scale} * double{query.scale};
  const double moved = unit * 128 * query.sum;  // 128 was added to each byte of the rows
  const double longest = double{of.longest};
  const double rounding =
      2 * longest * query.error + kFloatRounding * (longest * longest + query.square + std::abs(moved));
  const kernels::Screen screen{squares_.data() + begin, errors_.data() + begin, static_cast<float>(-unit),
                               static_cast<float>(2 * query.length),
                               static_cast<float>(double{query.limit} - moved + rounding)};
  std::uint32_t hits[kGroupRows];
  float bounds[kGroupRows];
  const std::size_t found = kernels::table().screen.hits(dots, count, screen, hits, bounds);
  if (found == 0) return;
  const auto shift = static_cast<float>(moved - rounding);
  for (std::size_t i = 0; i < found; ++i)
    query.waiting.emplace_back(bounds[i] + shift, static_cast<std::uint32_t>(begin) + hits[i]);
  query.width = std::max(query.width, static_cast<float>(2 * (rounding + 2 * query.length * double{of.error}) * 1.001));
  if (query.waiting.size() > kWaitingMost + 4 * k_) tighten(query);
}

// Lowers the limit. k of the waiting rows are certainly within the k-th smallest lower bound plus the width. If queries
// are rows, a possible copy of the query does not count, because it may not be a neighbour.
void GroundTruthScan::tighten(Query& query) const {
  const auto copy = static_cast<float>((4 * kCopyDistance - 1) * query.square);
  const auto counted = own_.empty() ? query.waiting.begin()
                                    : std::partition(query.waiting.begin(), query.waiting.end(),
                                                     [=](const Scored& waiting) { return waiting.score() <= copy; });
  if (static_cast<std::size_t>(query.waiting.end() - counted) <= k_) return;
  const auto last = counted + static_cast<std::ptrdiff_t>(k_ - 1);
  std::nth_element(counted, last, query.waiting.end());
  query.limit = std::min(query.limit, last->score() + query.width);
  std::erase_if(query.waiting, [&](const Scored& waiting) { return waiting.score() > query.limit; });
}

// Compares the waiting rows, the most promising first, until those that follow cannot be near.
void GroundTruthScan::settle(std::size_t number, std::size_t first, const float* rows) {
  constexpr std::size_t kWaitingTogether = 16;
  Query& query = queries_[number];
  std::sort(query.waiting.begin(), query.waiting.end());
  std::uint32_t batch[kWaitingTogether];
  double distances[kWaitingTogether];
  for (std::size_t begin = 0; begin < query.waiting.size(); begin += kWaitingTogether) {
    const double most = query.best.worst() - query.square + kFloatRounding * query.square;
    if (double{query.waiting[begin].score()} > most) break;
    const std::size_t count = std::min(kWaitingTogether, query.waiting.size() - begin);
    for (std::size_t i = 0; i < count; ++i) batch[i] = query.waiting[begin + i].row();
    kernels::table().f32.squared_l2(query.vector.data(), {rows, dims_ * sizeof(float), batch, count}, dims_, distances);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t row = first + batch[i];
      const bool itself = !own_.empty() && own_[number] == row;
      const bool copy = !own_.empty() && distances[i] <= kCopyDistance * (query.square + double{squares_[batch[i]]});
      if (!itself && !copy) query.best.push(distances[i], static_cast<std::uint32_t>(row));
      query.copies += copy && !itself ? 1 : 0;
    }
  }
  query.waiting.clear();
}

}  // namespace nearabout::calibration
