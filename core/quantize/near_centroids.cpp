#include "quantize/near_centroids.h"

#include <algorithm>
#include <span>

#include "base/threads.h"
#include "quantize/byte_centroids.h"

namespace nearabout::quantize {
namespace {

std::vector<std::int8_t> rows_of(const std::vector<std::int8_t>& values, std::size_t dims,
                                 std::span<const std::uint32_t> rows) {
  std::vector<std::int8_t> taken(rows.size() * dims);
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::copy_n(values.data() + rows[i] * dims, dims, taken.data() + i * dims);
  return taken;
}

}  // namespace

void nearest_of_near(const std::vector<std::int8_t>& points, const Grouping& grouping,
                     const std::vector<std::int8_t>& centroids, std::size_t dims, const std::vector<float>& penalties,
                     std::size_t near, std::uint32_t* ids, std::size_t threads) {
  const ByteCentroids all(centroids, dims);
  parallel_for(grouping.clusters(), 1, threads, [&](std::size_t cluster, std::size_t, std::size_t) {
    const std::span<const std::uint32_t> members = grouping.members(cluster);
    if (members.empty()) return;
    std::vector<std::uint32_t> candidates(std::min(near, all.count()));
    all.nearest_several(centroids.data() + cluster * dims, 1, candidates.size(), candidates.data(), 1);
    std::sort(candidates.begin(), candidates.end());
    std::vector<float> own_penalties;
    for (std::size_t i = 0; i < candidates.size() && !penalties.empty(); ++i)
      own_penalties.push_back(penalties[candidates[i]]);
    std::vector<std::uint32_t> found(members.size());
    ByteCentroids(rows_of(centroids, dims, candidates), dims)
        .nearest(rows_of(points, dims, members).data(), members.size(), own_penalties, found.data(), 1);
    for (std::size_t i = 0; i < members.size(); ++i) ids[members[i]] = candidates[found[i]];
  });
}

}  // namespace nearabout::quantize
