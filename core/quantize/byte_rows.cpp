#include "quantize/byte_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/norm.h"

namespace nearabout::quantize {
namespace {

using transform::CodeSpace;

constexpr double kMaxByte = 127;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

}  // namespace

ByteRanges::ByteRanges(std::size_t dims) : least_(dims, kInfinity), largest_(dims, -kInfinity) {}

void ByteRanges::add(const float* row) {
  for (std::size_t j = 0; j < least_.size(); ++j) least_[j] = std::min(least_[j], row[j]);
  for (std::size_t j = 0; j < least_.size(); ++j) largest_[j] = std::max(largest_[j], row[j]);
}

void ByteRanges::merge(const ByteRanges& other) {
  for (std::size_t j = 0; j < least_.size(); ++j) {
    least_[j] = std::min(least_[j], other.least_[j]);
    largest_[j] = std::max(largest_[j], other.largest_[j]);
  }
}

ByteSteps::ByteSteps(std::vector<float> centres, std::vector<float> steps)
    : centres_(std::move(centres)), steps_(std::move(steps)) {
  for (const float step : steps_) unit_ = std::max(unit_, double{step});
}

ByteSteps::ByteSteps(const ByteRanges& ranges) {
  for (std::size_t j = 0; j < ranges.least().size(); ++j) {
    const double least = double{ranges.least()[j]};
    const double largest = double{ranges.largest()[j]};
    const bool any_rows = least <= largest;  // false if there are no rows
    centres_.push_back(any_rows ? static_cast<float>((least + largest) / 2) : 0.0f);
    steps_.push_back(any_rows ? static_cast<float>((largest - least) / (2 * kMaxByte)) : 0.0f);
    unit_ = std::max(unit_, double{steps_.back()});
  }
}

void ByteSteps::encode(const float* row, std::int8_t* bytes) const {
  for (std::size_t j = 0; j < dims(); ++j) {
    const double step = double{steps_[j]};
    const double place = step > 0 ? (double{row[j]} - double{centres_[j]}) / step : 0.0;
    bytes[j] = static_cast<std::int8_t>(std::lrint(std::clamp(place, -kMaxByte, kMaxByte)));
  }
}

void ByteSteps::decode(const std::int8_t* bytes, double* row) const {
  for (std::size_t j = 0; j < dims(); ++j) row[j] = double{centres_[j]} + double{steps_[j]} * bytes[j];
}

float ByteSteps::square(const std::int8_t* bytes) const {
  if (unit_ == 0) return 0;
  double sum = 0;
  for (std::size_t j = 0; j < dims(); ++j) {
    const double value = double{steps_[j]} / unit_ * bytes[j];
    sum += value * value;
  }
  return static_cast<float>(sum);
}

// Finds the base and the weights: every sum has the form base + weights . bytes. Under CodeSpace::l2, with y = x - c
// and p = q - c, |q - x|^2 = |p|^2 + |y|^2 - 2 <p, y>.
BoundByteQuery::BoundByteQuery(const ByteSteps& steps, const transform::MetricTransform& transform, const float* query)
    : space_(transform.space()), weights_(steps.dims()) {
  const bool squared = space_ == CodeSpace::l2;
  double factor = 1;
  if (space_ == CodeSpace::cosine) factor = 1 / norm(query, transform.inputs());
  if (space_ == CodeSpace::inner_product) factor = transform.longest();
  const double scale = double{transform.scale()};
  for (std::size_t j = 0; j < steps.dims(); ++j) {
    const double centre = double{steps.centres()[j]};
    const double step = double{steps.steps()[j]};
    const double apart = squared ? double{query[j]} - centre / scale : factor * double{query[j]};
    weights_[j] = squared ? -2 * apart * (step / scale) : apart * step;
    base_ += squared ? apart * apart : apart * centre;
  }
  const double unit = steps.unit() / scale;
  square_unit_ = unit * unit;
}

void BoundByteQuery::rdists(kernels::Rows rows, const float* squares, double* out) const {
  kernels::table().i8.dot(weights_.data(), rows, weights_.size(), out);
  for (std::size_t i = 0; i < rows.count; ++i) {
    const double sum = base_ + out[i];
    switch (space_) {
      case CodeSpace::l2:
        out[i] = std::max(0.0, sum + square_unit_ * double{squares[i]});
        break;
      case CodeSpace::cosine:
        out[i] = std::clamp(1.0 - sum, 0.0, 2.0);
        break;
      case CodeSpace::inner_product:
        out[i] = 0.0 - sum;
        break;
    }
  }
}

}  // namespace nearabout::quantize
