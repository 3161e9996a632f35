#include "metric/comparable.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/norm.h"

namespace nearabout::metric {

namespace {

constexpr float kMaxLatitude = 90;  // degrees

}  // namespace

bool is_comparable(Metric metric, Element element, const void* query, std::size_t dims) {
  const bool directed = metric == Metric::cosine;
  if (element == Element::f32) {
    // The squares of floats neither overflow a double nor vanish in it.
    const auto* const numbers = static_cast<const float*>(query);
    const double square = squared_norm(numbers, dims);
    if (metric == Metric::haversine && !(std::abs(numbers[0]) <= kMaxLatitude)) return false;
    return std::isfinite(square) && (square > 0 || !directed);
  }
  if (metric == Metric::haversine) return false;
  const auto* const numbers = static_cast<const std::uint8_t*>(query);
  return !directed || std::any_of(numbers, numbers + dims, [](std::uint8_t number) { return number != 0; });
}

}  // namespace nearabout::metric
