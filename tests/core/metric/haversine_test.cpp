// Compares great-circle distances with published ones, and checks difficult coordinates: the poles, the date line,
// antipodes, and places a step apart.
#include "metric/haversine.h"

#include <cmath>
#include <numbers>
#include <vector>

#include "check.h"

using namespace nearabout;
using namespace nearabout::metric;

namespace {

constexpr double kHalfway = std::numbers::pi * kEarthRadius;  // distance to the antipode

double between(double latitude, double longitude, float other_latitude, float other_longitude) {
  const double query[] = {latitude, longitude};
  const float place[] = {other_latitude, other_longitude};
  double metres = -1;
  haversine_rows(query, {place, sizeof place, nullptr, 1}, &metres);
  return metres;
}

void expect_near(const char* what, double metres, double expected, double room) {
  if (std::abs(metres - expected) <= room) return;
  FAIL(what, ": ", metres, " metres, expected ", expected);
}

// Returns the distance by the spherical law of cosines in long double: well conditioned for places far apart.
double by_cosines(double latitude, double longitude, double other_latitude, double other_longitude) {
  const long double degree = std::numbers::pi_v<long double> / 180;
  const long double cosine = std::sin(latitude * degree) * std::sin(other_latitude * degree) +
                             std::cos(latitude * degree) * std::cos(other_latitude * degree) *
                                 std::cos((other_longitude - longitude) * degree);
  return static_cast<double>(kEarthRadius * std::acos(std::fmin(1.0L, std::fmax(-1.0L, cosine))));
}

// Published great-circle distances; on the ellipsoid they differ by up to half a per cent.
TEST(cities) {
  expect_near("London to Paris", between(51.5074, -0.1278, 48.8566f, 2.3522f), 343'600, 1'000);
  expect_near("New York to London", between(40.7128, -74.0060, 51.5074f, -0.1278f), 5'570'200, 5'000);
  expect_near("Sydney to Santiago", between(-33.8688, 151.2093, -33.4489f, -70.6693f), 11'340'000, 20'000);
  expect_near("Tokyo to San Francisco", between(35.6762, 139.6503, 37.7749f, -122.4194f), 8'270'000, 15'000);
  expect_near("Quito to Nairobi", between(-0.1807, -78.4678, -1.2921f, 36.8219f), 12'820'000, 25'000);
}

TEST(exact_places) {
  expect_near("the same place", between(12.5, 45.25, 12.5f, 45.25f), 0, 0);
  expect_near("pole to pole", between(90, 0, -90.0f, 0.0f), kHalfway, 1e-6);
  expect_near("pole to pole, whatever the meridian", between(90, 77, -90.0f, -123.0f), kHalfway, 1e-6);
  expect_near("the north pole is one place", between(90, 10, 90.0f, -170.0f), 0, 1e-6);
  expect_near("pole to equator", between(90, 0, 0.0f, 33.0f), kHalfway / 2, 1e-6);
  expect_near("antipodes on the equator", between(0, 0, 0.0f, 180.0f), kHalfway, 1e-6);
  expect_near("antipodes elsewhere", between(45.5, 30.25, -45.5f, -149.75f), kHalfway, 0.5);
  expect_near("across the date line", between(0, 179.5, 0.0f, -179.5f), kHalfway / 180, 1e-6);
  expect_near("across it, by degrees past 180", between(0, 179.5, 0.0f, 180.5f), kHalfway / 180, 1e-6);
  expect_near("once around", between(10, 20, 10.0f, 380.0f), 0, 1e-6);
  expect_near("a degree of latitude", between(50, 7, 51.0f, 7.0f), kHalfway / 180, 1e-6);
  expect_near("2^-16 of a degree", between(50, 7, 50.0000152587890625f, 7.0f), kHalfway / 180 / 65536, 1e-6);
}

TEST(anywhere) {
  std::vector<float> places;
  for (int latitude = -90; latitude <= 90; latitude += 15)
    for (int longitude = -180; longitude <= 180; longitude += 24) {
      places.push_back(static_cast<float>(latitude) * 0.99f);
      places.push_back(static_cast<float>(longitude));
    }
  const double query[] = {41.25, -71.5};
  const std::size_t count = places.size() / 2;
  std::vector<double> metres(count);
  haversine_rows(query, {places.data(), 2 * sizeof(float), nullptr, count}, metres.data());
  for (std::size_t i = 0; i < count; ++i) {
    const double expected = by_cosines(query[0], query[1], double{places[2 * i]}, double{places[2 * i + 1]});
    expect_near("a place of the net", metres[i], expected, 1e-3);
    const double back = between(double{places[2 * i]}, double{places[2 * i + 1]}, 41.25f, -71.5f);
    expect_near("the way back", back, metres[i], 1e-6);
  }
}

// Listed rows of a table with gaps.
TEST(rows_are_those_listed) {
  const float table[] = {10, 20, -1, 30, 40, -1, 50, 60, -1};
  const std::uint32_t rows[] = {2, 0, 2};
  const double query[] = {10, 20};
  double metres[3];
  haversine_rows(query, {table, 3 * sizeof(float), rows, 3}, metres);
  CHECK(metres[1] == 0 && metres[0] == metres[2]);
  expect_near("row 2", metres[0], by_cosines(10, 20, 50, 60), 1e-3);
}

}  // namespace
