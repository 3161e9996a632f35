// Which lists are nearest to a query.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/marked.h"
#include "index/ivf/ivf.h"
#include "index/ivf/queries.h"

namespace nearabout {

struct RankedList {
  float distance;  // |q - c|^2 along the leading directions
  std::uint32_t list;
};

// Keeps its work space from query to query; one for each thread.
class ListRanking {
 public:
  explicit ListRanking(const IvfIndex& index) : index_(index) {}

  // Up to kPanelQueries queries from number `first` on are compared with all centroids.
  void compare(const IvfQueries& queries, std::size_t first, std::size_t count);
  // The `probes` nearest lists of query `first + i`, the nearest one in front and the others in any order.
  void nearest(const IvfQueries& queries, std::size_t i, std::size_t probes, std::vector<RankedList>& lists);

 private:
  float promising(const std::int32_t* dots, float scale, std::size_t probes);

  const IvfIndex& index_;
  std::size_t first_ = 0;
  std::vector<std::int32_t> dots_;
  std::vector<std::uint32_t> hits_;
  std::vector<float> marks_;
};

}  // namespace nearabout
