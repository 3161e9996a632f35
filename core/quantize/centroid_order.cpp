#include "quantize/centroid_order.h"

#include <algorithm>
#include <numeric>

#include "kernels/kernels.h"

namespace nearabout::quantize {
namespace {

using kernels::kPanelRows;

class Bisection {
 public:
  Bisection(const std::vector<std::int8_t>& centroids, std::size_t dims) : centroids_(centroids), dims_(dims) {}

  // Halves recursively. Both halves are whole groups, except at the very end.
  void order(std::uint32_t* begin, std::uint32_t* end) const {
    const auto count = static_cast<std::size_t>(end - begin);
    if (count <= kPanelRows) return;
    const std::uint32_t left = farthest(begin, end, *begin);
    const std::uint32_t right = farthest(begin, end, left);
    std::uint32_t* const middle = begin + (count / kPanelRows + 1) / 2 * kPanelRows;
    std::nth_element(begin, middle, end, [&](std::uint32_t a, std::uint32_t b) {
      const std::int64_t along_a = along(a, left, right);
      const std::int64_t along_b = along(b, left, right);
      return along_a < along_b || (along_a == along_b && a < b);
    });
    order(begin, middle);
    order(middle, end);
  }

 private:
  const std::int8_t* at(std::uint32_t centroid) const { return centroids_.data() + centroid * dims_; }

  std::uint32_t farthest(const std::uint32_t* begin, const std::uint32_t* end, std::uint32_t from) const {
    std::uint32_t found = from;
    std::int64_t most = 0;
    for (const std::uint32_t* centroid = begin; centroid != end; ++centroid) {
      std::int64_t square = 0;
      for (std::size_t j = 0; j < dims_; ++j)
        square += (at(*centroid)[j] - at(from)[j]) * (at(*centroid)[j] - at(from)[j]);
      if (square <= most) continue;
      most = square;
      found = *centroid;
    }
    return found;
  }

  std::int64_t along(std::uint32_t centroid, std::uint32_t left, std::uint32_t right) const {
    std::int64_t sum = 0;
    for (std::size_t j = 0; j < dims_; ++j) sum += at(centroid)[j] * (at(right)[j] - at(left)[j]);
    return sum;
  }

  const std::vector<std::int8_t>& centroids_;
  std::size_t dims_;
};

}  // namespace

std::vector<std::uint32_t> order_by_nearness(const std::vector<std::int8_t>& centroids, std::size_t dims) {
  std::vector<std::uint32_t> order(centroids.size() / dims);
  std::iota(order.begin(), order.end(), 0u);
  Bisection(centroids, dims).order(order.data(), order.data() + order.size());
  return order;
}

}  // namespace nearabout::quantize
