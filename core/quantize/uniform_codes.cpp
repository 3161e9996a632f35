#include "quantize/uniform_codes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/kernels.h"

namespace nearabout::quantize {
namespace {

using kernels::kTableBytes;

// Multiples of the levels that are tried, as fractions of the one at which a number of three times the root mean square
// is the last level.
constexpr float kTriedMultiples[] = {0.85f, 1.0f, 1.15f, 1.3f, 1.5f, 1.75f, 2.0f, 2.4f};
constexpr float kSpreads = 3;
constexpr float kLargestValue = 1e30f;  // of a query, as a file that lies may say more

}  // namespace

UniformCodes::UniformCodes(const CodeShape& shape, std::vector<float> steps)
    : ResidualCodes(shape),
      steps_(std::move(steps)),
      middle_((static_cast<float>(std::size_t{1} << shape.bits) - 1) / 2) {
  std::size_t left = shape.bits;
  std::size_t first_bit = 0;
  for (const std::size_t bits : {4u, 2u, 1u}) {
    if (left < bits) continue;
    left -= bits;
    Plane plane{bits, left, first_bit, {}};
    const std::size_t levels = std::size_t{1} << bits;
    for (std::size_t j = 0; j < 4 / bits; ++j)
      for (std::size_t v = 0; v < kTableBytes; ++v) {
        const auto level = static_cast<float>(v >> (bits * j) & (levels - 1));
        plane.patterns.push_back(static_cast<float>(std::size_t{1} << left) *
                                 (level - (static_cast<float>(levels) - 1) / 2));
      }
    planes_.push_back(std::move(plane));
    first_bit += bits * shape.directions;
  }
}

unsigned UniformCodes::number_at(const std::uint8_t* packed, std::size_t direction) const {
  unsigned number = 0;
  for (const Plane& plane : planes_) {
    const std::size_t bit = plane.first_bit + direction * plane.bits;
    number |= (static_cast<unsigned>(packed[bit / 8] >> bit % 8) & ((1u << plane.bits) - 1)) << plane.shift;
  }
  return number;
}

void UniformCodes::put_number(std::uint8_t* packed, std::size_t direction, unsigned number) const {
  for (const Plane& plane : planes_) {
    const std::size_t bit = plane.first_bit + direction * plane.bits;
    const unsigned own = number >> plane.shift & ((1u << plane.bits) - 1);
    packed[bit / 8] = static_cast<std::uint8_t>(packed[bit / 8] | own << bit % 8);
  }
}

// Rounds to the nearest of the levels, which are halves of odd numbers.
float UniformCodes::nearest_value(float value) const { return std::clamp(std::floor(value) + 0.5f, -middle_, middle_); }

// Returns the multiple at which the rounded numbers, weighed by the steps, are most nearly parallel to the residual.
float UniformCodes::best_multiple(const std::vector<float>& scaled, const std::vector<float>& weights) const {
  double square = 0;
  for (const float value : scaled) square += double{value} * double{value};
  const double spread = std::sqrt(square / static_cast<double>(scaled.size()));
  if (!(spread > 1e-30)) return 0;
  const auto usual = static_cast<float>(double{middle_} / (double{kSpreads} * spread));
  float best = 0;
  double most = -1;
  for (const float tried : kTriedMultiples) {
    double along = 0;
    double length = 0;
    for (std::size_t j = 0; j < scaled.size(); ++j) {
      const float value = nearest_value(tried * usual * scaled[j]);
      along += double{weights[j]} * double{value} * double{scaled[j]};
      length += double{weights[j]} * double{value} * double{value};
    }
    const double parallel = along > 0 ? along * along / length : 0;
    if (parallel > most) {
      most = parallel;
      best = tried * usual;
    }
  }
  return best;
}

RowTerms UniformCodes::encode(const float* projection, const float* centroid, float residual_square,
                              std::uint8_t* packed) const {
  const std::size_t m = shape_.directions;
  std::vector<float> scaled(m), weights(m);
  double square = 0;
  for (std::size_t j = 0; j < m; ++j) {
    const float residual = projection[j] - centroid[j];
    square += double{residual} * double{residual};
    scaled[j] = residual / steps_[j];
    weights[j] = steps_[j] * steps_[j];
  }
  const float multiple = best_multiple(scaled, weights);
  std::fill_n(packed, shape_.bytes(), std::uint8_t{0});
  double along = 0;           // <y, r>
  double centroid_along = 0;  // <y, c>
  for (std::size_t j = 0; j < m; ++j) {
    const float value = nearest_value(multiple * scaled[j]);
    put_number(packed, j, static_cast<unsigned>(std::lrint(double{value + middle_})));
    along += double{value} * double{steps_[j]} * (double{projection[j]} - double{centroid[j]});
    centroid_along += double{value} * double{steps_[j]} * double{centroid[j]};
  }
  const double scale = along > 0 ? 2 * square / along : 0;
  return {static_cast<float>(square + double{residual_square} + scale * centroid_along), static_cast<float>(scale)};
}

void UniformCodes::approximate(const std::uint8_t* packed, const RowTerms& terms, float* values) const {
  for (std::size_t j = 0; j < shape_.directions; ++j)
    values[j] = terms.scale * steps_[j] * value_of(number_at(packed, j));
}

QueryCodes UniformCodes::bind(const float* projection, std::int8_t* tables) const {
  const std::size_t m = shape_.directions;
  std::vector<float> query(m);
  for (std::size_t j = 0; j < m; ++j) {
    const float scaled = projection[j] * steps_[j];
    query[j] = scaled > -kLargestValue ? std::min(scaled, kLargestValue) : -kLargestValue;
  }
  float most = 0;
  for (const Plane& plane : planes_) {
    const std::size_t covered = 4 / plane.bits;
    for (std::size_t j = 0; j < m; j += covered) {
      float sum = 0;
      for (std::size_t i = 0; i < covered; ++i) sum += std::abs(query[j + i]);
      most = std::max(most, sum * plane.patterns[kTableBytes - 1]);
    }
  }
  const float factor = most > 1e-30f ? static_cast<float>(kernels::kMaxEntry) / most : 0;
  for (const Plane& plane : planes_)
    kernels::table().codes.tables(query.data(), m * plane.bits / 4, 4 / plane.bits, plane.patterns.data(), factor,
                                  tables + plane.first_bit / 4 * kTableBytes);
  return {most > 1e-30f ? most / static_cast<float>(kernels::kMaxEntry) : 0, 0};
}

}  // namespace nearabout::quantize
