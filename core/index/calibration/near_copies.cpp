#include "index/calibration/near_copies.h"

#include <algorithm>
#include <cmath>

namespace nearabout::calibration {
namespace {

constexpr std::size_t kEnoughNeighbours = 100;  // neighbours
constexpr std::size_t kOuter = 30;              // neighbours too near to estimate the dimension from
constexpr double kGap = 1.1;                    // ratio of two consecutive distances
constexpr double kSignificance = 12;            // exp(-12) is one in 160,000
constexpr double kMaxDimension = 1'000;         // used if all neighbours are equally far

// Returns the maximum-likelihood estimate from the gaps between neighbours: i m ln(d[i+1] / d[i]) has mean 1.
double local_dimension(std::span<const double> distances) {
  double sum = 0;
  for (std::size_t i = kOuter; i + 1 < kEnoughNeighbours; ++i)
    sum += static_cast<double>(i + 1) * std::log(distances[i + 1] / distances[i]);
  const double mean = sum / static_cast<double>(kEnoughNeighbours - 1 - kOuter);
  return mean > 1 / kMaxDimension ? 1 / mean : kMaxDimension;
}

}  // namespace

std::size_t count_near_copies(std::span<const double> distances) {
  if (distances.size() < kEnoughNeighbours || !(distances[kOuter] > 0) ||
      !std::isfinite(distances[kEnoughNeighbours - 1]))
    return 0;
  const double dimension = local_dimension(distances);
  double most = kSignificance;
  std::size_t copies = 0;
  for (std::size_t s = 1; s <= kMaxNearCopies; ++s) {
    if (!(distances[s] >= kGap * distances[s - 1]) || distances[s] == 0) continue;
    // A distance of zero is an exact copy, and no gap is wider.
    const double ratio = distances[s - 1] > 0 ? distances[s] / distances[s - 1] : 1e300;
    const double gap = static_cast<double>(s) * dimension * std::log(ratio);
    if (gap <= most) continue;
    most = gap;
    copies = s;
  }
  return copies;
}

}  // namespace nearabout::calibration
