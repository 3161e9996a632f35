// k-means on points of signed bytes.
//
// Lloyd's algorithm (S. Lloyd, "Least squares quantization in PCM", 1982), seeded hierarchically: first about sqrt(k)
// clusters, each of which is then divided in proportion to its points. Distances and sums are whole numbers, so the
// result is the same for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::quantize {

struct KMeansOptions {
  std::size_t clusters = 1;
  std::size_t rounds = 8;  // maximum rounds over all points; stops early when hardly any point changes its cluster
  // Penalty on the size of clusters: what a cluster twice the mean size adds to the squared distances of its points, as
  // a fraction of the mean square. A larger value makes clusters more equal and less tight; 0 does not balance them.
  double balance = 0;
  std::size_t threads = 1;
};

// Returns the centroids, clusters x dims. There are always `clusters` of them, but some may have no points. `dims` is a
// multiple of four up to kMaxByteDims.
std::vector<std::int8_t> kmeans(const std::vector<std::int8_t>& points, std::size_t dims, const KMeansOptions& options);

}  // namespace nearabout::quantize
