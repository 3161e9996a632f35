#include "transform/space.h"

#include "base/norm.h"

namespace nearabout::transform {

using metric::Metric;

std::optional<CodeSpace> code_space_of(Metric metric) {
  switch (metric) {
    case Metric::euclidean:
    case Metric::sqeuclidean:
      return CodeSpace::l2;
    case Metric::cosine:
      return CodeSpace::cosine;
    case Metric::dot:
      return CodeSpace::inner_product;
    default:
      return std::nullopt;
  }
}

std::optional<CodeSpace> search_space_of(Metric metric) {
  return metric == Metric::manhattan || metric == Metric::hamming ? CodeSpace::l2 : code_space_of(metric);
}

void normalise(float* vectors, std::size_t count, std::size_t dims) {
  for (std::size_t i = 0; i < count; ++i) {
    float* vector = vectors + i * dims;
    const double length = norm(vector, dims);
    const double scale = length > 0 ? 1 / length : 0;
    for (std::size_t j = 0; j < dims; ++j) vector[j] = static_cast<float>(double{vector[j]} * scale);
  }
}

}  // namespace nearabout::transform
