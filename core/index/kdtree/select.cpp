#include "index/kdtree/select.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace nearabout::kdtree {
namespace {

constexpr std::size_t kFewKeys = 64;  // which nth_element takes no longer for
constexpr std::size_t kSample = 31;

// Returns a key that about as many of the keys are below as `wanted`, but rather so many more or fewer that the wanted
// ones are certainly on the smaller side: what is left is then soon small (Floyd and Rivest, CACM 1975).
std::uint64_t pivot_of(const std::uint64_t* keys, std::size_t count, std::size_t wanted) {
  std::array<std::uint64_t, kSample> sample;
  for (std::size_t i = 0; i < kSample; ++i) sample[i] = keys[i * count / kSample];
  std::sort(sample.begin(), sample.end());
  const double fraction = static_cast<double>(wanted) / static_cast<double>(count);
  const double deviation = std::sqrt(static_cast<double>(kSample) * fraction * (1 - fraction)) + 1;
  const double place = fraction * static_cast<double>(kSample - 1) + (fraction > 0.5 ? -deviation : deviation);
  return sample[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(kSample - 1)))];
}

// Moves the keys below the pivot in front, in order, and the others behind them. Returns how many are below.
std::size_t partition(std::uint64_t* keys, std::size_t count, std::uint64_t pivot, std::uint64_t* spare) {
  std::size_t below = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t key = keys[i];
    const std::size_t is_below = key < pivot ? 1 : 0;
    keys[below] = key;
    spare[i - below] = key;
    below += is_below;
  }
  std::memcpy(keys + below, spare, (count - below) * sizeof(std::uint64_t));
  return below;
}

}  // namespace

void select(std::uint64_t* keys, std::size_t count, std::size_t wanted, std::uint64_t* spare) {
  while (count > kFewKeys && wanted > 0 && wanted < count) {
    const std::size_t below = partition(keys, count, pivot_of(keys, count, wanted), spare);
    if (wanted <= below) {
      count = below;
      continue;
    }
    // If none is below, the pivot is the smallest.
    if (below == 0) std::swap(*keys, *std::min_element(keys, keys + count));
    const std::size_t done = std::max<std::size_t>(below, 1);
    keys += done;
    count -= done;
    wanted -= done;
  }
  if (wanted > 0 && wanted < count) std::nth_element(keys, keys + wanted, keys + count);
}

}  // namespace nearabout::kdtree
