// k-means on points of floats, for codebooks: few dimensions, up to a few thousand clusters, all compared with all.
//
// Seeded by k-means++ (D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007) on a
// few points per cluster. Lloyd's rounds then take more and more of the points: most of the way is gone while they are
// few. (kmeans.h is for points of bytes, of which many dimensions are compared with many centroids.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/monitor.h"

namespace nearabout::quantize {

// Points that lie one after another, in an order that says nothing about them: leading ones are a sample.
struct FloatPoints {
  const float* values;
  std::size_t count;
  std::size_t dims;
};

struct FloatKMeansOptions {
  std::size_t clusters = 1;
  std::size_t rounds = 10;  // maximum rounds over all points
  std::uint64_t seed = 0;
  std::size_t threads = 1;
};

// Returns the centroids, clusters x dims. There are always `clusters` of them; with fewer distinct points than that
// some are equal. The same for any number of threads.
std::vector<float> float_kmeans(const FloatPoints& points, const FloatKMeansOptions& options,
                                const Monitor& monitor = {});

// Improves centroids by at most so many rounds over all points; stops early where they hardly change the loss.
void improve_centroids(const FloatPoints& points, std::size_t rounds, std::size_t threads,
                       std::vector<float>& centroids, const Monitor& monitor = {});

// Returns the numbers from 0 to count - 1 in an order that depends on the seed alone.
std::vector<std::uint32_t> shuffled(std::size_t count, std::uint64_t seed);

}  // namespace nearabout::quantize
