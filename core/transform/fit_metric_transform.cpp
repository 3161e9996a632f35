#include "transform/fit_metric_transform.h"

#include <algorithm>
#include <vector>

#include "base/norm.h"
#include "base/threads.h"

namespace nearabout::transform {
namespace {

constexpr std::size_t kScaleRows = 2'048;  // rows that determine how large the numbers are

double longest_of(const RowReader& read, std::size_t rows, std::size_t dims, std::size_t threads) {
  constexpr std::size_t kRowsPerCall = 256;
  std::vector<double> longest(threads, 0.0);
  parallel_for(rows, kRowsPerCall, threads, [&](std::size_t begin, std::size_t end, std::size_t worker) {
    std::vector<float> vectors((end - begin) * dims);
    read(begin, end, vectors.data());
    for (std::size_t i = 0; i < end - begin; ++i)
      longest[worker] = std::max(longest[worker], norm(vectors.data() + i * dims, dims));
  });
  return *std::max_element(longest.begin(), longest.end());
}

}  // namespace

MetricTransform fit_metric_transform(const RowReader& read, std::size_t rows, std::size_t dims, CodeSpace space,
                                     std::size_t threads) {
  if (space == CodeSpace::inner_product) return MetricTransform(space, dims, 1, longest_of(read, rows, dims, threads));
  const float scale = space == CodeSpace::l2 ? scale_for(take_sample(read, rows, dims, kScaleRows)) : 1;
  return MetricTransform(space, dims, scale, 0);
}

}  // namespace nearabout::transform
