// Centroids of floats, by columns: which one is nearest to a vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/monitor.h"

namespace nearabout::quantize {

class FloatCentroids {
 public:
  // `centroids` lie one after another, `dims` floats each; at least one, fewer than 2^24.
  FloatCentroids(const std::vector<float>& centroids, std::size_t dims);

  std::size_t count() const { return count_; }
  std::size_t dims() const { return dims_; }

  // Writes the number of the centroid nearest to each vector, and the square of its distance less that of the vector's
  // norm, halved and negated: the inner product of both less half the square of the centroid's norm.
  void nearest(const float* vectors, std::size_t count, std::uint32_t* ids, float* sums) const;
  // The same on several threads.
  void nearest(const float* vectors, std::size_t count, std::uint32_t* ids, float* sums, std::size_t threads,
               const Monitor& monitor = {}) const;

 private:
  std::size_t dims_;
  std::size_t count_;
  std::vector<float> columns_;  // dims x offsets_.size()
  std::vector<float> offsets_;  // half the squares of the norms, negated; as many as a multiple of 16
};

}  // namespace nearabout::quantize
