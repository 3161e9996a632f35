#include "index/graph/points.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "kernels/kernels.h"

namespace nearabout::graph {
namespace {

constexpr std::size_t kNodesPerTask = 64;
constexpr float kMaxFine = 127.0f * Points::kFiner;

}  // namespace

Points project_nodes(const LearntGraph& learnt, const DistinctRows& nodes, const transform::RowReader& read,
                     std::size_t threads, const Monitor& monitor) {
  Points points(nodes.count(), learnt.shape.directions, learnt.point_step);
  const quantize::LearntDirections& directions = learnt.directions;
  const auto project = [&](std::size_t begin, std::size_t end, std::size_t) {
    const std::size_t inputs = learnt.transform.inputs();
    std::vector<float> vectors((end - begin) * inputs);
    std::vector<float> transformed((end - begin) * directions.dims);
    std::vector<float> projections((end - begin) * directions.outputs);
    std::vector<float> rests(end - begin);
    for (std::size_t node = begin; node < end; ++node) {
      const std::size_t row = nodes.first_row(node);
      read(row, row + 1, vectors.data() + (node - begin) * inputs);
    }
    learnt.transform.rows(vectors.data(), end - begin, transformed.data());
    directions.project(transformed.data(), end - begin, projections.data(), rests.data());
    for (std::size_t node = begin; node < end; ++node) {
      const float* const projection = projections.data() + (node - begin) * directions.outputs;
      for (std::size_t j = 0; j < points.dims(); ++j)
        points.values(node)[j] =
            static_cast<std::int16_t>(std::lrint(std::clamp(projection[j] / points.step(), -kMaxFine, kMaxFine)));
      points.rest(node) = std::min(rests[node - begin], 1e30f);
    }
  };
  parallel_for(nodes.count(), kNodesPerTask, threads, project, monitor);
  return points;
}

void LocalPoints::around_mean(std::span<const std::uint32_t> nodes) {
  std::vector<std::int64_t> sums(points_.dims(), 0);
  for (const std::uint32_t node : nodes)
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += points_.values(node)[j];
  centre_.resize(sums.size());
  for (std::size_t j = 0; j < sums.size(); ++j)
    centre_[j] = static_cast<std::int32_t>(sums[j] / static_cast<std::int64_t>(nodes.size()));
  take(nodes);
}

void LocalPoints::around(std::uint32_t node, std::span<const std::uint32_t> nodes) {
  centre_.assign(points_.values(node), points_.values(node) + points_.dims());
  take(nodes);
  shared_rest_ = points_.rest(node);
  for (float& square : squares_) square += shared_rest_;
}

// Returns the root of the mean square of the coordinates relative to the centre, by some of the points and their first
// coordinates: the directions are mixed, so that all vary alike.
float LocalPoints::usual_coordinate(std::span<const std::uint32_t> nodes) const {
  constexpr std::size_t kFirst = 32, kPoints = 32;
  const std::size_t dims = std::min(points_.dims(), kFirst);
  const std::size_t count = std::min(nodes.size(), kPoints);
  std::int64_t squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int16_t* const values = points_.values(nodes[i * nodes.size() / count]);
    for (std::size_t j = 0; j < dims; ++j) {
      const std::int64_t value = values[j] - centre_[j];
      squares += value * value;
    }
  }
  return static_cast<float>(std::sqrt(static_cast<double>(squares) / static_cast<double>(count * dims)));
}

void LocalPoints::take(std::span<const std::uint32_t> nodes) {
  // A point far from all others is clipped, lest it make the steps of all others coarse.
  constexpr float kReach = 5;
  const float inverse = kernels::kMaxLocalByte / std::max(1.0f, kReach * usual_coordinate(nodes));
  step_ = points_.step() / inverse;
  const std::size_t dims = points_.dims();
  bytes_.resize(nodes.size() * dims);
  squares_.resize(nodes.size());
  byte_sums_.resize(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const kernels::LocalTerms terms = kernels::table().screen.local_bytes(points_.values(nodes[i]), centre_.data(),
                                                                          dims, inverse, bytes_.data() + i * dims);
    squares_[i] = square_step() * static_cast<float>(terms.square) + points_.rest(nodes[i]);
    byte_sums_[i] = terms.sum;
  }
}

void LocalPoints::reorder(std::span<const std::uint32_t> places) {
  const std::size_t dims = points_.dims();
  std::vector<std::int8_t> bytes(places.size() * dims);
  std::vector<float> squares;
  std::vector<std::int32_t> sums;
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::copy_n(bytes_.data() + places[i] * dims, dims, bytes.data() + i * dims);
    squares.push_back(squares_[places[i]]);
    sums.push_back(byte_sums_[places[i]]);
  }
  bytes_.swap(bytes);
  squares_.swap(squares);
  byte_sums_.swap(sums);
}

}  // namespace nearabout::graph
