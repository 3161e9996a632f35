#include "metric/haversine.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace nearabout::metric {

void haversine_rows(const double* query, kernels::Rows rows, double* out) {
  constexpr double radians = std::numbers::pi / 180.0;
  const double latitude = query[0] * radians;
  const double cosine = std::cos(latitude);
  const char* base = static_cast<const char*>(rows.base);
  for (std::size_t i = 0; i < rows.count; ++i) {
    float place[2];
    std::memcpy(place, base + (rows.rows ? rows.rows[i] : i) * rows.stride, sizeof place);
    const double other = double{place[0]} * radians;
    const double half_latitude = std::sin((other - latitude) / 2);
    const double half_longitude = std::sin((double{place[1]} - query[1]) * radians / 2);
    const double haversine = half_latitude * half_latitude + cosine * std::cos(other) * half_longitude * half_longitude;
    out[i] = 2 * kEarthRadius * std::asin(std::sqrt(std::min(1.0, haversine)));
  }
}

}  // namespace nearabout::metric
