#include "transform/contraction.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/norm.h"
#include "kernels/kernels.h"

namespace nearabout::transform {
namespace {

constexpr double kUnit = 0x1p-24;  // relative half unit in the last place of a float

// Returns |VtV - I| over all columns except the last, which is zero.
double departure_from_orthonormal(const std::vector<float>& directions, std::size_t dims, std::size_t outputs) {
  const std::size_t kept = outputs - 1;
  std::vector<double> gram(kept * kept, 0.0);
  for (std::size_t j = 0; j < dims; ++j) {
    const float* row = directions.data() + j * outputs;
    for (std::size_t a = 0; a < kept; ++a)
      for (std::size_t b = 0; b <= a; ++b) gram[a * kept + b] += double{row[a]} * double{row[b]};
  }
  double sum = 0;
  for (std::size_t a = 0; a < kept; ++a)
    for (std::size_t b = 0; b <= a; ++b) {
      const double entry = gram[a * kept + b] - (a == b ? 1.0 : 0.0);
      sum += entry * entry * (a == b ? 1 : 2);
    }
  return std::sqrt(sum) + 1e-12;  // covers the rounding of these sums in double: dims * 2^-52 is far less
}

}  // namespace

Contraction::Contraction(std::vector<float> centre) : centre_(std::move(centre)), outputs_(centre_.size()) {}

Contraction::Contraction(std::vector<float> centre, std::vector<float> directions, std::size_t outputs)
    : Contraction(std::move(centre), std::move(directions), outputs, 0.0) {
  epsilon_ = departure_from_orthonormal(directions_, dims(), outputs_);
}

Contraction::Contraction(std::vector<float> centre, std::vector<float> directions, std::size_t outputs, double epsilon)
    : centre_(std::move(centre)), directions_(std::move(directions)), outputs_(outputs), epsilon_(epsilon) {}

void Contraction::apply(const float* vectors, std::size_t count, bool centred, float* projections,
                        double* errors) const {
  const std::size_t width = dims();
  std::vector<float> shifted(identity() ? 0 : count * width);
  float* target = identity() ? projections : shifted.data();
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < width; ++j)
      target[i * width + j] = centred ? vectors[i * width + j] - centre_[j] : vectors[i * width + j];
  if (identity()) {
    for (std::size_t i = 0; i < count; ++i)
      errors[i] = 2 * kUnit * std::sqrt(squared_norm(projections + i * width, width));
    return;
  }
  kernels::table().project(shifted.data(), count, width, directions_.data(), outputs_, projections);
  for (std::size_t i = 0; i < count; ++i)
    add_remainder(shifted.data() + i * width, projections + i * outputs_, errors + i);
}

// Appends the remainder's length. The kernel's sums are off by at most (66 + dims / 64) units of sum |x v| each, and
// |v| is 1 to within epsilon.
void Contraction::add_remainder(const float* vector, float* projection, double* error) const {
  const double whole = squared_norm(vector, dims());
  const double kept = squared_norm(projection, outputs_ - 1);
  const double length = std::sqrt(whole);
  const double units = 70 + static_cast<double>(dims()) / 64;
  const double kept_error = 1.01 * units * kUnit * std::sqrt(static_cast<double>(outputs_)) * length;

  const double remainder = std::sqrt(std::max(0.0, whole * (1 + epsilon_) - kept));
  projection[outputs_ - 1] = static_cast<float>(remainder);
  // The squared remainder is off by twice length times kept_error, so its root by that divided by the root, or by its
  // root.
  const double square_error = 2.1 * length * kept_error;
  const double remainder_error = std::min(std::sqrt(square_error), square_error / std::max(remainder, 1e-300));
  *error = kept_error + remainder_error + 4 * kUnit * length;
}

}  // namespace nearabout::transform
