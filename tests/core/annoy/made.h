// Makes an index of random items, for several tests.
#pragma once

#include <vector>

#include "annoy/index.h"
#include "base/random.h"

namespace nearabout::annoy::test {

inline constexpr Space kSpaces[] = {Space::angular, Space::euclidean, Space::manhattan, Space::hamming, Space::dot};

inline std::vector<float> random_vector(Random& random, std::size_t dims) {
  std::vector<float> vector(dims);
  for (float& value : vector) value = static_cast<float>(2 * random.symmetric());
  return vector;
}

// Adds items 0 to count - 1, except each `hole`-th if that is not 0.
inline void fill(Index& index, std::uint32_t count, std::uint32_t hole = 0, std::uint64_t seed = 1) {
  Random random(seed);
  for (std::uint32_t item = 0; item < count; ++item) {
    const std::vector<float> vector = random_vector(random, index.layout().dims);
    if (hole == 0 || item % hole != 0) index.add(item, vector.data());
  }
}

}  // namespace nearabout::annoy::test
