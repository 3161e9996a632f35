#include "quantize/grid.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/kernels.h"

namespace nearabout::quantize {
namespace {

// Clamps, with NaN mapped to `low`, where std::clamp would pass it on to an undefined cast: values too large for floats
// get this far before their screen is abandoned.
template <class Real>
Real clipped(Real value, Real low, Real high) {
  return std::min(std::max(low, value), high);
}

}  // namespace

void Grid::encode(const float* values, std::uint8_t* codes) const {
  for (std::size_t j = 0; j < dims(); ++j) {
    const float code = std::nearbyint((values[j] - low[j]) / step[j]);
    codes[j] = static_cast<std::uint8_t>(clipped(code, 0.0f, 255.0f));
  }
}

Grid Grid::spanning(const std::vector<float>& values, std::size_t count, std::size_t dims) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> least(dims, infinity);
  std::vector<float> most(dims, -infinity);
  std::vector<double> sums(dims, 0.0);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < dims; ++j) {
      const float value = values[i * dims + j];
      least[j] = std::min(least[j], value);
      most[j] = std::max(most[j], value);
      sums[j] += double{value};
    }
  Grid grid;
  float finest = infinity;
  for (std::size_t j = 0; j < dims; ++j) {
    const float range = most[j] - least[j];
    // A few thousand values of a normal distribution reach 3.7 deviations; millions reach 5.3. Clipped rows cost more
    // than a coarser step.
    const float margin = 0.2f * range;
    const float step = (range + 2 * margin) / 255;
    grid.low.push_back(least[j] - margin);
    grid.step.push_back(step);
    if (step > 0) finest = std::min(finest, step);
  }
  for (std::size_t j = 0; j < dims; ++j) {
    // If all values are the same any step will do, but a coarse one would make queries coarse in all dimensions.
    if (!(grid.step[j] > 0) || !std::isfinite(grid.step[j])) grid.step[j] = std::isfinite(finest) ? finest : 1.0f;
    const double mean = sums[j] / static_cast<double>(std::max<std::size_t>(count, 1));
    const double middle = (mean - double{grid.low[j]}) / double{grid.step[j]};
    grid.middle.push_back(static_cast<float>(clipped(std::nearbyint(middle), 0.0, 255.0)));
  }
  return grid;
}

Grid Grid::of_integers(const std::vector<float>& centre, float low) {
  Grid grid;
  for (const float middle : centre) {
    grid.low.push_back(low - middle);
    grid.step.push_back(1.0f);
    grid.middle.push_back(middle - low);
  }
  return grid;
}

GridQuery::GridQuery(const Grid& grid, const float* query) : bytes(kernels::padded_dims(grid.dims()), std::int8_t{0}) {
  double largest = 0;
  for (std::size_t j = 0; j < grid.dims(); ++j)
    largest = std::max(largest, std::abs(double{query[j]} * double{grid.step[j]}));
  scale = static_cast<float>(largest / 127);
  if (!(scale > 0)) scale = 1;
  double residual_square = 0;
  for (std::size_t j = 0; j < grid.dims(); ++j) {
    const double weight = double{query[j]} * double{grid.step[j]};
    const double byte = clipped(std::nearbyint(weight / double{scale}), -127.0, 127.0);
    const double rounding = weight - byte * double{scale};
    bytes[j] = static_cast<std::int8_t>(byte);
    constant += double{query[j]} * double{grid.low[j]} + rounding * double{grid.middle[j]};
    residual_square += rounding * rounding;
    largest_sum += std::abs(byte) * 255;
  }
  residual = std::sqrt(residual_square);
}

}  // namespace nearabout::quantize
