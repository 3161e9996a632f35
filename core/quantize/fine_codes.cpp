#include "quantize/fine_codes.h"

#include <algorithm>
#include <cmath>

namespace nearabout {

RowTerms FineCodes::encode(const float* image, const float* centroid, float rest, std::uint8_t* packed) const {
  constexpr float kStep = 0.335f;  // of 16, in root mean squares: of least square error for a normal distribution
  double square = 0;
  for (std::size_t j = 0; j < directions_; ++j) {
    const double residual = double{image[j]} - double{centroid[j]};
    square += residual * residual;
  }
  const double unit = std::sqrt(static_cast<double>(directions_) / std::max(square, 1e-30)) / double{kStep};
  const auto factor = static_cast<float>(std::min(unit, 1e30));
  double along = 0;           // <y, r>
  double centroid_along = 0;  // <y, c>
  for (std::size_t j = 0; j < directions_; ++j) {
    const float residual = image[j] - centroid[j];
    const float code = std::clamp(std::nearbyint(residual * factor + kMiddle), 0.0f, 15.0f);
    along += double{code - kMiddle} * double{residual};
    centroid_along += double{code - kMiddle} * double{centroid[j]};
    const auto half = static_cast<std::uint8_t>(code);
    if (j < bytes())
      packed[j] = half;
    else
      packed[j - bytes()] = static_cast<std::uint8_t>(packed[j - bytes()] | half << 4);
  }
  const double scale = along > 0 ? 2 * square / along : 0;
  return {static_cast<float>(square + double{rest} + scale * centroid_along), static_cast<float>(scale)};
}

float FineCodes::estimate(const float* image, const std::uint8_t* packed, const RowTerms& terms) const {
  double product = 0;
  for (std::size_t j = 0; j < bytes(); ++j) {
    product += double{image[j]} * (packed[j] % 16 - double{kMiddle});
    product += double{image[j + bytes()]} * (packed[j] / 16 - double{kMiddle});
  }
  return static_cast<float>(double{terms.offset} - double{terms.scale} * product);
}

}  // namespace nearabout
