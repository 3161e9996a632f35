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
    const double length = space_ == Space::inner && row ? double{longest_} : norm(vector, dims_);
    factor = length > 0 ? 1 / length : 0;
  }
  for (std::size_t j = 0; j < dims_; ++j) lifted[j] = static_cast<float>(double{vector[j]} * factor);
  if (space_ != Space::inner) return;
  lifted[dims_] = row ? static_cast<float>(std::sqrt(std::max(0.0, 1 - squared_norm(lifted, dims_)))) : 0.0f;
}

// Space::inner: |q/|q| - x/longest|^2 = 2 - 2 <q, x> / (|q| longest).
double Lift::rank_of(double square, double query_norm) const {
  switch (space_) {
    case Space::squared:
      return square / (double{scale_} * double{scale_});
    case Space::unit:
      return square / 2;
    case Space::inner:
      break;
  }
  return (square / 2 - 1) * query_norm * double{longest_};
}

double Lift::square_of(double rank, double query_norm) const {
  switch (space_) {
    case Space::squared:
      return rank * double{scale_} * double{scale_};
    case Space::unit:
      return rank * 2;
    case Space::inner:
      break;
  }
  const double unit = query_norm * double{longest_};
  return unit > 0 ? 2 + 2 * rank / unit : 2;
}

}  // namespace nearabout
