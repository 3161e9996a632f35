// Chooses the edges of a node among its nearest nodes, so that they lead in different directions.
//
// An edge to u is left out if an edge to some w that is nearer leads to u as well: if alpha |u - w|^2 <= |v - u|^2
// (Subramanya et al., "DiskANN", NeurIPS 2019; with alpha = 1 the rule of relative neighbourhood graphs, Toussaint,
// 1980). Here both sides are squares, and equality prunes, so that a node keeps one edge to many copies of a vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/scored.h"
#include "index/graph/points.h"
#include "quantize/panels.h"

namespace nearabout::graph {

// One thread's work space.
class Pruning {
 public:
  Pruning(const Points& points, double alpha, std::size_t degree)
      : local_(points), alpha_(static_cast<float>(alpha)), degree_(degree) {}

  // Returns at most `degree` of the others, none of which is `node`, nearest first. With `fill`, the nearest of those
  // that were left out take the places that are free.
  std::span<const std::uint32_t> choose(std::uint32_t node, std::vector<std::uint32_t> others, bool fill);

 private:
  void sort(std::uint32_t node, std::vector<std::uint32_t>& others);
  void compare(std::span<const std::uint32_t> others);
  bool is_reached(std::size_t i, std::span<const std::size_t> kept) const;

  LocalPoints local_;
  float alpha_;
  std::size_t degree_;
  std::vector<Scored> order_;  // places among the others
  std::vector<std::uint32_t> places_, sorted_;
  quantize::Panels panels_;
  std::size_t width_ = 0;
  std::vector<std::int32_t> dots_;  // of each two of the others
  std::vector<std::size_t> kept_;
  std::vector<std::uint32_t> chosen_;
};

}  // namespace nearabout::graph
