#include "index/ivf/groups.h"

#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"

namespace nearabout::ivf {

using kernels::kPanelRows;

std::vector<std::int8_t> group_means(const std::vector<std::int8_t>& centroids, std::size_t dims) {
  const std::size_t count = centroids.size() / dims;
  std::vector<std::int8_t> means;
  for (std::size_t first = 0; first < count; first += kPanelRows) {
    const std::size_t members = std::min(kPanelRows, count - first);
    for (std::size_t j = 0; j < dims; ++j) {
      int sum = 0;
      for (std::size_t c = first; c < first + members; ++c) sum += centroids[c * dims + j];
      means.push_back(
          static_cast<std::int8_t>(std::nearbyint(static_cast<double>(sum) / static_cast<double>(members))));
    }
  }
  return means;
}

}  // namespace nearabout::ivf
