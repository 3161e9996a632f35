// The nodes of a graph while it is built: points along the leading directions, in whole numbers, so that everything
// that is computed from them is the same on every processor.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/monitor.h"
#include "index/graph/distinct_rows.h"
#include "index/graph/learn.h"
#include "transform/sample.h"

namespace nearabout::graph {

class Points {
 public:
  // A coordinate is a multiple of the step of the stored bytes divided by this.
  static constexpr int kFiner = 256;

  Points(std::size_t count, std::size_t dims, float byte_step)
      : dims_(dims), step_(byte_step / kFiner), values_(count * dims), rests_(count) {}

  std::size_t count() const { return rests_.size(); }
  std::size_t dims() const { return dims_; }
  float step() const { return step_; }
  std::int16_t* values(std::size_t node) { return values_.data() + node * dims_; }
  const std::int16_t* values(std::size_t node) const { return values_.data() + node * dims_; }
  // The squared length of what is outside of the directions.
  float& rest(std::size_t node) { return rests_[node]; }
  float rest(std::size_t node) const { return rests_[node]; }

  // Rounds a coordinate to the bytes that are stored.
  static std::int8_t byte_of(std::int16_t value) {
    return static_cast<std::int8_t>(std::clamp((value + kFiner / 2) >> 8, -127, 127));
  }

 private:
  std::size_t dims_;
  float step_;
  std::vector<std::int16_t> values_;
  std::vector<float> rests_;
};

Points project_nodes(const LearntGraph& learnt, const DistinctRows& nodes, const transform::RowReader& read,
                     std::size_t threads, const Monitor& monitor);

// Some points as bytes relative to their mean, or to one of them, with a step of their own: as precise among near
// points as among distant ones. Squared distances are estimates: along the directions they are rounded, outside of them
// the parts of two points are taken to be at right angles.
class LocalPoints {
 public:
  explicit LocalPoints(const Points& points) : points_(points) {}

  void around_mean(std::span<const std::uint32_t> nodes);
  void around(std::uint32_t node, std::span<const std::uint32_t> nodes);

  // Keeps the points at these places, in this order.
  void reorder(std::span<const std::uint32_t> places);

  std::size_t count() const { return squares_.size(); }
  std::size_t stride() const { return points_.dims(); }
  const std::vector<std::int8_t>& bytes() const { return bytes_; }
  // The squared distance from the mean, or from the one point, including what is outside of the directions.
  float square(std::size_t i) const { return squares_[i]; }
  // Of which this part is the one point's own, and as large for all.
  float shared_rest() const { return shared_rest_; }
  float square_step() const { return step_ * step_; }
  std::int32_t byte_sum(std::size_t i) const { return byte_sums_[i]; }

 private:
  float usual_coordinate(std::span<const std::uint32_t> nodes) const;
  void take(std::span<const std::uint32_t> nodes);

  const Points& points_;
  std::vector<std::int32_t> centre_;
  std::vector<std::int8_t> bytes_;
  std::vector<float> squares_;
  std::vector<std::int32_t> byte_sums_;
  float step_ = 0;
  float shared_rest_ = 0;
};

}  // namespace nearabout::graph
