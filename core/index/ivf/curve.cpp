#include "index/ivf/curve.h"

#include <algorithm>
#include <cmath>

namespace nearabout::ivf {
namespace {

// Interpolates between two points. Nearly all neighbours were found at the last point: queries that probe more lists
// are unlike those it was measured with, and the depth grows with the square root of the number of lists.
double depth_on(const std::vector<CurvePoint>& points, double probes, double k) {
  constexpr double kUnmeasured = 64;
  if (points.empty()) return kUnmeasured + 2.5 * k;
  const auto after = std::find_if(points.begin(), points.end(), [=](const CurvePoint& p) { return p.probes > probes; });
  if (after == points.begin()) return after->depth;
  const CurvePoint& before = *(after - 1);
  if (after == points.end()) return before.depth * std::sqrt(probes / before.probes);
  return before.depth + (probes - before.probes) / (after->probes - before.probes) * (after->depth - before.depth);
}

}  // namespace

std::size_t Curves::depth(std::size_t probes, std::size_t k) const {
  calibration::KInterpolation at = calibration::between_measured(k);
  at.part = std::min(at.part, 1.0);
  const auto wanted = static_cast<double>(k);
  const auto of = [&](std::size_t place) {
    return depth_on(points[place], static_cast<double>(probes), static_cast<double>(calibration::kCalibratedK[place]));
  };
  double depth = of(at.below);
  if (at.part > 0) depth = std::exp((1 - at.part) * std::log(depth) + at.part * std::log(of(at.below + 1)));
  if (k > calibration::kCalibratedK.back()) depth *= wanted / static_cast<double>(calibration::kCalibratedK.back());
  return std::max(k, static_cast<std::size_t>(std::ceil(depth)));
}

}  // namespace nearabout::ivf
