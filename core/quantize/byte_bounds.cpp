#include "quantize/byte_bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/norm.h"

namespace nearabout::quantize {
namespace {

using transform::CodeSpace;

constexpr double kLargestByte = 128;
constexpr double kHalf = 0.51;      // of a step, by which a weight is off
constexpr double kFloat = 0x1p-22;  // relative error of the square of a difference in float, with a margin
// Weights relative to the largest step, and distances from the centre, that floats can hold; and the least of weights.
constexpr float kLargestWeight = 0x1p100f;
constexpr double kLargestReach = 0x1p120;
constexpr float kSmallestWeight = 0x1p-90f;
constexpr float kBelowOne = 1 - 0x1p-20f;  // so that no product is rounded beyond the largest weight
constexpr double kMargin = 1 + 1e-9;       // far more than the rounding of sums in double
constexpr double kUnitError = 0x1p-22;     // error of a unit vector rounded to float, with a margin
constexpr double kDouble = 0x1p-50;        // of a few operations in double, with a margin

// Rounds to whole numbers, ties to even, in instructions that every processor has.
double whole(double value) {
  constexpr double kWholeDouble = 0x1.8p52;
  return value + kWholeDouble - kWholeDouble;
}

// Independent sums: a single one would wait for each addition, and the compiler may not reorder them.
constexpr std::size_t kSums = 8;

// Computes (query - centre) step for each dimension, or query step if `centres` is null.
void weigh(const float* query, const float* centres, const std::vector<float>& steps, float* weights) {
  const float* const step = steps.data();
  const std::size_t dims = steps.size();
  if (centres)
    for (std::size_t j = 0; j < dims; ++j) weights[j] = (query[j] - centres[j]) * step[j];
  else
    for (std::size_t j = 0; j < dims; ++j) weights[j] = query[j] * step[j];
}

float largest_of(const float* values, std::size_t count) {
  float lanes[kSums] = {};
  std::size_t j = 0;
  const auto take = [&](float& lane, float value) { lane = std::max(lane, std::abs(value)); };
  for (; j + kSums <= count; j += kSums)
    for (std::size_t lane = 0; lane < kSums; ++lane) take(lanes[lane], values[j + lane]);
  for (; j < count; ++j) take(lanes[0], values[j]);
  return *std::max_element(lanes, lanes + kSums);
}

// Adds up term(j) for all j below `count`.
template <class Term>
double sum_of(std::size_t count, Term term) {
  double lanes[kSums] = {};
  std::size_t j = 0;
  for (; j + kSums <= count; j += kSums)
    for (std::size_t lane = 0; lane < kSums; ++lane) lanes[lane] += term(j + lane);
  for (; j < count; ++j) lanes[0] += term(j);
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

}  // namespace

ByteBounds::ByteBounds(CodeSpace space, std::vector<float> centres, std::vector<float> steps, double error,
                       double longest)
    : space_(space), centres_(std::move(centres)), steps_(std::move(steps)), error_(error), longest_(longest) {
  double sum = 0;
  for (std::size_t j = 0; j < dims(); ++j) {
    const double most = std::abs(double{centres_[j]}) + kLargestByte * double{steps_[j]};
    sum += most * most;
    unit_ = std::max(unit_, double{steps_[j]});
  }
  for (const float step : steps_) shares_.push_back(unit_ > 0 ? static_cast<float>(double{step} / unit_) : 0.0f);
  reach_ = std::sqrt(sum) * kMargin + error_;
}

void ByteBounds::encode(const float* row, std::int8_t* bytes) const {
  for (std::size_t j = 0; j < dims(); ++j) {
    const double step = double{steps_[j]};
    const double place = step > 0 ? (double{row[j]} - double{centres_[j]}) / step : 0.0;
    const double below = place < kLargestByte - 1 ? place : kLargestByte - 1;
    bytes[j] =
        static_cast<std::int8_t>(static_cast<std::int32_t>(whole(below > -kLargestByte ? below : -kLargestByte)));
  }
}

double ByteBounds::error_of(const float* row, const std::int8_t* bytes) const {
  const double sum = sum_of(dims(), [&](std::size_t j) {
    const double off = double{row[j]} - (double{centres_[j]} + double{steps_[j]} * bytes[j]);
    return off * off;
  });
  const double unit_vector = space_ == CodeSpace::cosine ? kUnitError : 0;
  return std::sqrt(sum) * kMargin + kDouble * reach_ + unit_vector;
}

float ByteBounds::square(const std::int8_t* bytes) const {
  if (unit_ == 0) return 0;
  double sum = sum_of(dims(), [&](std::size_t j) {
    const double value = double{steps_[j]} * bytes[j];
    return value * value;
  });
  sum /= unit_ * unit_ * kMargin;
  const float nearest = static_cast<float>(sum);
  return double{nearest} <= sum ? nearest : std::nextafter(nearest, 0.0f);
}

void ByteBoundQuery::bind(const ByteBounds& bounds, const float* query, std::vector<float>& scratch) {
  bounds_ = &bounds;
  const std::size_t dims = bounds.dims();
  scratch.resize(2 * dims);
  const bool products = bounds.space() == CodeSpace::inner_product;
  norm_ = bounds.space() == CodeSpace::l2 ? 0 : norm(query, dims);
  if (bounds.space() == CodeSpace::cosine) {
    float* const unit = scratch.data() + dims;
    for (std::size_t j = 0; j < dims; ++j) unit[j] = static_cast<float>(double{query[j]} / norm_);
    query = unit;
  }
  const float* const centres = bounds.centres().data();
  weigh(query, products ? nullptr : centres, bounds.shares(), scratch.data());
  base_ = products ? sum_of(dims, [=](std::size_t j) { return double{query[j]} * double{centres[j]}; })
                   : sum_of(dims, [=](std::size_t j) {
                       const double apart = double{query[j] - centres[j]};
                       return apart * apart;
                     });
  relative_ = static_cast<double>(dims + 8) * 0x1p-51 + (products ? 0 : kFloat);
  round(scratch.data(), largest_of(scratch.data(), dims));
}

// Rounds the weights to whole numbers of 16 bits. Each is off by half a step. Before, it was computed in three
// operations in float, and is multiplied in one more: together less than a hundredth of a step. That holds for numbers
// too small to have all bits of a float, too, because a step is never that small.
void ByteBoundQuery::round(const float* weights, float largest) {
  const std::size_t dims = bounds_->dims();
  const bool products = bounds_->space() == CodeSpace::inner_product;
  const double reach = products ? norm_ : std::sqrt(base_);
  screens_ = largest < kLargestWeight && reach < kLargestReach;
  weights_.assign(dims, 0);
  factor_ = residual_ = 0;
  square_unit_ = products ? 0 : bounds_->unit() * bounds_->unit();
  if (!screens_) return;
  largest = std::max({largest, kSmallestWeight, static_cast<float>(reach) * kSmallestWeight});
  const float inverse = static_cast<float>(kernels::largest_wide(dims)) / largest * kBelowOne;
  // Adding and subtracting rounds to a whole number, in instructions that every processor has.
  constexpr float kWholeFloat = 0x1.8p23f;
  for (std::size_t j = 0; j < dims; ++j) {
    const float number = weights[j] * inverse + kWholeFloat - kWholeFloat;
    weights_[j] = static_cast<std::int16_t>(static_cast<std::int32_t>(number));
  }
  const double step = bounds_->unit() / double{inverse};
  const double many = static_cast<double>(dims);
  factor_ = products ? -step : -2 * step;
  residual_ = std::abs(factor_) * kHalf * std::sqrt(many) * bounds_->longest();
  rounding_ = kDouble * many * (square_unit_ * kLargestByte * kLargestByte + std::abs(factor_) * 0x1p15 * kLargestByte);
}

void ByteBoundQuery::scores(kernels::Rows rows, const float* squares, double* out) const {
  constexpr std::size_t kScoredTogether = 32;
  std::int32_t products[kScoredTogether];
  for (std::size_t begin = 0; begin < rows.count; begin += kScoredTogether) {
    kernels::Rows some = rows;
    some.count = std::min(kScoredTogether, rows.count - begin);
    if (rows.rows)
      some.rows += begin;
    else
      some.base = static_cast<const std::byte*>(rows.base) + begin * rows.stride;
    kernels::table().screen.wide_rows(weights_.data(), some, bounds_->dims(), products);
    for (std::size_t i = 0; i < some.count; ++i) {
      out[begin + i] = factor_ * products[i];
      if (square_unit_ > 0) out[begin + i] += square_unit_ * double{squares[begin + i]};
    }
  }
}

double ByteBoundQuery::limit(double rdist) const {
  if (!screens_ || !(rdist < std::numeric_limits<double>::infinity())) return std::numeric_limits<double>::infinity();
  const double error = bounds_->error();
  if (bounds_->space() == CodeSpace::inner_product) {
    const double room = relative_ * norm_ * bounds_->reach();
    return rdist + base_ + norm_ * error * kMargin + residual_ + rounding_ + room + kDouble * std::abs(rdist);
  }
  const bool cosine = bounds_->space() == CodeSpace::cosine;
  const double square = cosine ? 2 * (std::max(0.0, rdist) + relative_) : std::max(0.0, rdist) * (1 + relative_);
  const double reach = std::sqrt(square) + error + (cosine ? kUnitError : 0);
  return reach * reach * (1 + kDouble) - base_ * (1 - relative_) + residual_ + rounding_;
}

double ByteBoundQuery::estimate(double score) const {
  switch (bounds_->space()) {
    case CodeSpace::inner_product:
      return score - base_;
    case CodeSpace::cosine:
      return std::max(0.0, score + base_) / 2;
    default:
      return std::max(0.0, score + base_);
  }
}

}  // namespace nearabout::quantize
