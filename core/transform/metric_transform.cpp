#include "transform/metric_transform.h"

#include <algorithm>
#include <cmath>

#include "base/norm.h"

namespace nearabout::transform {

void MetricTransform::rows(const float* vectors, std::size_t count, float* transformed) const {
  for (std::size_t i = 0; i < count; ++i) transform(vectors + i * dims_, true, transformed + i * outputs());
}

void MetricTransform::queries(const float* vectors, std::size_t count, float* transformed) const {
  for (std::size_t i = 0; i < count; ++i) transform(vectors + i * dims_, false, transformed + i * outputs());
}

void MetricTransform::transform(const float* vector, bool row, float* transformed) const {
  double factor = double{scale_};
  if (space_ != CodeSpace::l2) {
    const double length = space_ == CodeSpace::inner_product && row ? longest_ : norm(vector, dims_);
    factor = length > 0 ? 1 / length : 0;
  }
  for (std::size_t j = 0; j < dims_; ++j)
    transformed[j] = static_cast<float>(std::clamp(double{vector[j]} * factor, -kMaxTransformed, kMaxTransformed));
  if (space_ != CodeSpace::inner_product) return;
  transformed[dims_] = row ? static_cast<float>(std::sqrt(std::max(0.0, 1 - squared_norm(transformed, dims_)))) : 0.0f;
}

}  // namespace nearabout::transform
