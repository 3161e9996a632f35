#include "quantize/lift.h"

#include <algorithm>
#include <cmath>

#include "base/norm.h"

namespace nearabout {

void Lift::rows(const float* vectors, std::size_t count, float* lifted) const {
  for (std::size_t i = 0; i < count; ++i) lift(vectors + i * dims_, true, lifted + i * outputs());
}

void Lift::queries(const float* vectors, std::size_t count, float* lifted) const {
  for (std::size_t i = 0; i < count; ++i) lift(vectors + i * dims_, false, lifted + i * outputs());
}

void Lift::lift(const float* vector, bool row, float* lifted) const {
  double factor = double{scale_};
  if (space_ != Space::squared) {
    const double length = space_ == Space::inner && row ? longest_ : norm(vector, dims_);
    factor = length > 0 ? 1 / length : 0;
  }
  for (std::size_t j = 0; j < dims_; ++j)
    lifted[j] = static_cast<float>(std::clamp(double{vector[j]} * factor, -kMostLifted, kMostLifted));
  if (space_ != Space::inner) return;
  lifted[dims_] = row ? static_cast<float>(std::sqrt(std::max(0.0, 1 - squared_norm(lifted, dims_)))) : 0.0f;
}

}  // namespace nearabout
