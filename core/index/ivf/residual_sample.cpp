#include "index/ivf/residual_sample.h"

#include <algorithm>
#include <cmath>

#include "base/norm.h"
#include "base/threads.h"
#include "index/calibration/calibration_queries.h"
#include "quantize/byte_centroids.h"

namespace nearabout::ivf {

ResidualSample sample_residuals(const LearntLists& learnt, const transform::RowReader& read, std::size_t rows,
                                std::size_t wanted, std::size_t threads) {
  constexpr std::size_t kSampledPerTask = 64;
  const std::vector<std::size_t> numbers = calibration::rows_to_learn_from(rows, std::min(rows, wanted));
  const quantize::LearntDirections& directions = learnt.directions;
  const std::size_t m = learnt.shape.directions;
  const quantize::ByteCentroids centroids(learnt.centroids, m);
  ResidualSample sample{m, std::vector<float>(numbers.size() * m), std::vector<std::uint32_t>(numbers.size())};
  std::vector<float> lengths(numbers.size());
  const float step = learnt.residual ? learnt.point_step : 0;  // of centroids
  parallel_for(numbers.size(), kSampledPerTask, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    const std::size_t count = end - begin;
    std::vector<float> vectors(count * directions.dims), projections(count * directions.outputs), rests(count);
    for (std::size_t i = 0; i < count; ++i)
      read(numbers[begin + i], numbers[begin + i] + 1, vectors.data() + i * directions.dims);
    directions.project(vectors.data(), count, projections.data(), rests.data());
    const std::vector<std::int8_t> points = learnt.points_of(projections);
    centroids.nearest(points.data(), count, {}, sample.lists.data() + begin, 1);
    for (std::size_t i = 0; i < count; ++i) {
      float* const residual = sample.directions.data() + (begin + i) * m;
      const std::int8_t* const centroid = learnt.centroids.data() + sample.lists[begin + i] * m;
      for (std::size_t j = 0; j < m; ++j)
        residual[j] = projections[i * directions.outputs + j] - step * static_cast<float>(centroid[j]);
      lengths[begin + i] = static_cast<float>(std::sqrt(squared_norm(residual, m)));
    }
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!(lengths[i] > 1e-30f)) continue;
    for (std::size_t j = 0; j < m; ++j) sample.directions[kept * m + j] = sample.directions[i * m + j] / lengths[i];
    sample.lists[kept++] = sample.lists[i];
  }
  sample.directions.resize(kept * m);
  sample.lists.resize(kept);
  return sample;
}

}  // namespace nearabout::ivf
