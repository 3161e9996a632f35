// k-means on points of signed bytes.
//
// Lloyd's rounds (S. Lloyd, "Least squares quantization in PCM", 1982) from seeds that are themselves clusters: first
// about sqrt(k) of them, each then divided in proportion to its points. Distances and sums are whole numbers, so the
// result is the same at any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout {

struct KMeansOptions {
  std::size_t clusters = 1;
  std::size_t rounds = 8;  // over all points, at most: it ends when hardly a point moves
  // What a cluster twice as large as the mean adds to the squared distances of its points, in parts of the mean square:
  // more makes clusters more equal and less tight. 0 balances nothing.
  double balance = 0;
  std::size_t threads = 1;
};

// Centroids, clusters x dims. There are `clusters` of them whatever the points: some may have no point. `dims` is a
// multiple of four up to kMaxByteDims.
std::vector<std::int8_t> kmeans(const std::vector<std::int8_t>& points, std::size_t dims, const KMeansOptions& options);

}  // namespace nearabout
