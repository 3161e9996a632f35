// The edges of all nodes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/monitor.h"
#include "index/graph/candidates.h"
#include "index/graph/options.h"
#include "index/graph/points.h"

namespace nearabout::graph {

class Edges {
 public:
  Edges(std::size_t nodes, std::size_t degree) : degree_(degree), to_(nodes * degree), counts_(nodes, 0) {}

  std::size_t nodes() const { return counts_.size(); }
  std::size_t degree() const { return degree_; }
  std::span<std::uint32_t> of(std::size_t node) { return {to_.data() + node * degree_, counts_[node]}; }
  std::span<const std::uint32_t> of(std::size_t node) const { return {to_.data() + node * degree_, counts_[node]}; }
  void set(std::size_t node, std::span<const std::uint32_t> to) {
    std::copy(to.begin(), to.end(), to_.begin() + static_cast<std::ptrdiff_t>(node * degree_));
    counts_[node] = static_cast<std::uint32_t>(to.size());
  }
  bool has_room(std::size_t node) const { return counts_[node] < degree_; }
  void add(std::size_t node, std::uint32_t to) { to_[node * degree_ + counts_[node]++] = to; }

 private:
  std::size_t degree_;
  std::vector<std::uint32_t> to_;
  std::vector<std::uint32_t> counts_;
};

// Chooses the edges of each node among its candidates and the nodes that chose it. Goes through the nodes in an order
// in which near ones follow each other, so that their points are still in the cache.
Edges choose_edges(const Points& points, const Candidates& candidates, const std::vector<std::uint32_t>& order,
                   const GraphOptions& options, std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::graph
