// The depth for any number of lists and neighbours, compared with interpolation written out.
#include "index/ivf/curve.h"

#include <algorithm>
#include <cmath>

#include "check.h"

using namespace nearabout;
using namespace nearabout::ivf;

namespace {

const std::vector<CurvePoint> kOne{{0.5, 1, 4}, {0.9, 5, 12}, {0.99, 20, 30}};
const std::vector<CurvePoint> kTen{{0.5, 2, 20}, {0.9, 8, 50}, {0.99, 32, 200}};
const std::vector<CurvePoint> kHundred{{0.5, 4, 150}, {0.9, 16, 400}, {0.99, 64, 1'000}};
const Curves kCurves{{kOne, kTen, kHundred}};

// Returns the depth at a measured k: on the line between two points, or beyond them.
double on_line(const std::vector<CurvePoint>& points, double probes) {
  if (probes < points.front().probes) return points.front().depth;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const double part = (probes - points[i].probes) / (points[i + 1].probes - points[i].probes);
    if (part <= 1) return (1 - part) * points[i].depth + part * points[i + 1].depth;
  }
  return points.back().depth * std::sqrt(probes / points.back().probes);
}

// Returns the depth for any k: on a line of its logarithm over that of k.
double expected(double probes, double k) {
  const double at[] = {on_line(kOne, probes), on_line(kTen, probes), on_line(kHundred, probes)};
  if (k >= 100) return std::max(k, at[2] * k / 100);
  const double part = std::log10(k);
  const auto below = static_cast<std::size_t>(part);
  const double along = part - static_cast<double>(below);
  return std::max(k, std::pow(at[below], 1 - along) * std::pow(at[below + 1], along));
}

TEST(depth_is_interpolated) {
  for (const std::size_t probes : {1u, 2u, 3u, 5u, 8u, 13u, 20u, 40u, 64u, 500u})
    for (const std::size_t k : {1u, 2u, 7u, 10u, 11u, 50u, 99u, 100u, 101u, 1'000u}) {
      CASE("probes ", probes, ", k ", k);
      const double wanted = expected(static_cast<double>(probes), static_cast<double>(k));
      const auto found = static_cast<double>(kCurves.depth(probes, k));
      CHECK(found >= wanted - 1e-6 && found < wanted + 1 + 1e-6);  // rounded up
    }
}

TEST(depth_at_a_measured_point_is_its_own) {
  for (const CurvePoint& point : kOne)
    CHECK_EQUAL(kCurves.depth(static_cast<std::size_t>(point.probes), 1), static_cast<std::size_t>(point.depth));
  for (const CurvePoint& point : kTen) {
    const std::size_t found = kCurves.depth(static_cast<std::size_t>(point.probes), 10);
    CHECK(std::abs(static_cast<double>(found) - point.depth) <= 1);  // through a logarithm
  }
}

TEST(depth_is_never_less_than_k) {
  const Curves shallow{{std::vector<CurvePoint>{{0.9, 1, 1}}, {{0.9, 1, 2}}, {{0.9, 1, 3}}}};
  for (const std::size_t k : {1u, 10u, 30u, 100u, 5'000u}) CHECK(shallow.depth(1, k) >= k);
}

TEST(depth_without_measurement_grows_with_k) {
  const Curves none;
  CHECK(none.depth(10, 10) >= 64);
  for (const std::size_t k : {1u, 9u, 90u, 900u}) CHECK(none.depth(3, k) < none.depth(3, k * 10));
}

}  // namespace
