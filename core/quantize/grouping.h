// Points by cluster.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nearabout::quantize {

class Grouping {
 public:
  // Groups points by `ids`, the cluster of each; the points of a cluster keep their order.
  Grouping(const std::vector<std::uint32_t>& ids, std::size_t clusters);

  std::size_t clusters() const { return firsts_.size() - 1; }
  std::size_t size(std::size_t cluster) const { return firsts_[cluster + 1] - firsts_[cluster]; }
  // Returns how many points the clusters before `cluster` have.
  std::size_t first(std::size_t cluster) const { return firsts_[cluster]; }
  std::span<const std::uint32_t> members(std::size_t cluster) const {
    return std::span(order_).subspan(firsts_[cluster], size(cluster));
  }

 private:
  std::vector<std::uint32_t> order_;
  std::vector<std::size_t> firsts_;
};

}  // namespace nearabout::quantize
