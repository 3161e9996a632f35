// The pairs of a small set of nodes, compared by products of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/graph/candidates.h"
#include "index/graph/points.h"
#include "quantize/panels.h"

namespace nearabout::graph {

// One thread's work space.
class Leaf {
 public:
  explicit Leaf(const Points& points) : local_(points) {}

  // Offers each of the nodes the nearest of the others.
  void compare(std::span<const std::uint32_t> nodes, Candidates& candidates);

 private:
  void offer_nearest(std::span<const std::uint32_t> nodes, std::size_t i, std::int32_t* dots, Candidates& candidates);

  LocalPoints local_;
  quantize::Panels panels_;
  std::vector<std::int32_t> dots_;
  std::vector<float> squares_, estimates_;
  std::vector<std::uint32_t> numbers_;
  std::vector<Scored> found_;
};

}  // namespace nearabout::graph
