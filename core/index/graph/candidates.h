// The nearest nodes of each node that were found so far.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <span>
#include <vector>

#include "base/scored.h"

namespace nearabout::graph {

// Which nodes are kept does not depend on the order in which they are offered, so several threads may.
class Candidates {
 public:
  static constexpr std::size_t kPerNode = 48;  // per node

  explicit Candidates(std::size_t nodes) : kept_(nodes * kPerNode), counts_(nodes, 0) {}

  // Offers nodes with their squared distances, once or several times each: the least distance counts.
  void offer(std::size_t node, std::span<const Scored> found);
  // Returns the squared distance beyond which nothing is kept.
  float limit(std::size_t node) {
    const std::scoped_lock lock(locks_[node % locks_.size()]);
    return counts_[node] < kPerNode ? std::numeric_limits<float>::infinity()
                                    : kept_[node * kPerNode + kPerNode - 1].score();
  }
  // Returns the kept ones, nearest first.
  std::span<const Scored> of(std::size_t node) const { return {kept_.data() + node * kPerNode, counts_[node]}; }

 private:
  void insert(std::size_t node, Scored candidate);

  std::vector<Scored> kept_;
  std::vector<std::uint8_t> counts_;
  std::array<std::mutex, 256> locks_;
};

}  // namespace nearabout::graph
