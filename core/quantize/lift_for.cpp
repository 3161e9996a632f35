#include "quantize/lift_for.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/norm.h"
#include "base/threads.h"

namespace nearabout {
namespace {

constexpr std::size_t kScaleRows = 2'048;  // that tell how large the numbers are

float longest_of(const RowReader& read, std::size_t rows, std::size_t dims, std::size_t threads) {
  constexpr std::size_t kRowsAtATime = 256;
  std::vector<float> longest(threads, 0.0f);
  parallel_for(rows, kRowsAtATime, threads, [&](std::size_t begin, std::size_t end, std::size_t worker) {
    std::vector<float> vectors((end - begin) * dims);
    read(begin, end, vectors.data());
    for (std::size_t i = 0; i < end - begin; ++i)
      longest[worker] = std::max(longest[worker], static_cast<float>(norm(vectors.data() + i * dims, dims)));
  });
  return *std::max_element(longest.begin(), longest.end());
}

// Vectors whose squares a float holds with room are left as they are.
float scale_for(const RowReader& read, std::size_t rows, std::size_t dims) {
  const Sample sample = take_sample(read, rows, dims, kScaleRows);
  float largest = 0;
  for (const float value : sample.values) largest = std::max(largest, std::abs(value));
  if (largest == 0 || (largest < 1e9f && largest > 1e-9f)) return 1;
  return static_cast<float>(std::exp2(-std::floor(std::log2(double{largest}))));
}

}  // namespace

Lift lift_for(const RowReader& read, std::size_t rows, std::size_t dims, Space space, std::size_t threads) {
  if (space == Space::inner) return Lift(space, dims, 1, longest_of(read, rows, dims, threads));
  return Lift(space, dims, space == Space::squared ? scale_for(read, rows, dims) : 1, 0);
}

}  // namespace nearabout
