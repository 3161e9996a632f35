#include "metric/comparable.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/norm.h"

namespace nearabout::metric {

bool is_comparable(Metric metric, Element element, const void* query, std::size_t dims) {
  const bool directed = metric == Metric::cosine;
  if (element == Element::f32) {
    // The squares of floats neither overflow a double nor vanish in it.
    const double square = squared_norm(static_cast<const float*>(query), dims);
    return std::isfinite(square) && (square > 0 || !directed);
  }
  const auto* const numbers = static_cast<const std::uint8_t*>(query);
  return !directed || std::any_of(numbers, numbers + dims, [](std::uint8_t number) { return number != 0; });
}

}  // namespace nearabout::metric
