#include "quantize/byte_bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/norm.h"

namespace nearabout::quantize {
namespace {

using transform::CodeSpace;

constexpr double kLargestWeight = 127 * 128 + 63;  // whole weights are 128 * high + low, high to 127, low -64 to 63
constexpr double kLargestByte = 128;
constexpr double kMargin = 1 + 1e-9;          // far more than the rounding of sums in double
constexpr double kUnitVectorError = 0x1p-22;  // error of a unit vector rounded to float, with a margin
constexpr double kDouble = 0x1p-50;           // of a few operations in double, with a margin
constexpr std::uint8_t kFlip = 0x80;

// Rounds to whole numbers, ties to even, in instructions that every processor has.
double whole(double value) {
  constexpr double kShift = 0x1.8p52;
  return value + kShift - kShift;
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
  reach_ = std::sqrt(sum) * kMargin + error_;
}

void ByteBounds::encode(const float* row, std::int8_t* bytes) const {
  for (std::size_t j = 0; j < dims(); ++j) {
    const double step = double{steps_[j]};
    const double place = step > 0 ? (double{row[j]} - double{centres_[j]}) / step : 0.0;
    bytes[j] = static_cast<std::int8_t>(whole(std::clamp(place, -kLargestByte, kLargestByte - 1)));
  }
}

double ByteBounds::error_of(const float* row, const std::int8_t* bytes) const {
  double sum = 0;
  for (std::size_t j = 0; j < dims(); ++j) {
    const double off = double{row[j]} - (double{centres_[j]} + double{steps_[j]} * bytes[j]);
    sum += off * off;
  }
  const double unit_vector = space_ == CodeSpace::cosine ? kUnitVectorError : 0;
  return std::sqrt(sum) * kMargin + kDouble * reach_ + unit_vector;
}

float ByteBounds::square(const std::int8_t* bytes) const {
  if (unit_ == 0) return 0;
  double sum = 0;
  for (std::size_t j = 0; j < dims(); ++j) {
    const double value = double{steps_[j]} / unit_ * bytes[j];
    sum += value * value;
  }
  sum /= kMargin;
  const float nearest = static_cast<float>(sum);
  return double{nearest} <= sum ? nearest : std::nextafter(nearest, 0.0f);
}

void ByteBoundQuery::bind(const ByteBounds& bounds, const float* query, std::vector<double>& scratch) {
  bounds_ = &bounds;
  const std::size_t dims = bounds.dims();
  const float* const centres = bounds.centres().data();
  const float* const steps = bounds.steps().data();
  scratch.resize(dims);
  relative_ = static_cast<double>(dims + 8) * 0x1p-51;
  norm_ = norm(query, dims);
  double sum = 0;
  double largest = 0;
  if (bounds.space() == CodeSpace::inner_product) {
    for (std::size_t j = 0; j < dims; ++j) {
      scratch[j] = double{query[j]} * double{steps[j]};
      sum += double{query[j]} * double{centres[j]};
    }
  } else {
    const double length = bounds.space() == CodeSpace::cosine ? norm_ : 1;
    for (std::size_t j = 0; j < dims; ++j) {
      const double apart = double{query[j]} / length - double{centres[j]};
      scratch[j] = apart * double{steps[j]};
      sum += apart * apart;
    }
  }
  for (const double weight : scratch) largest = std::max(largest, std::abs(weight));
  base_ = sum;
  round(scratch, largest);
}

// Splits the weights into whole numbers of two signed bytes each.
void ByteBoundQuery::round(const std::vector<double>& weights, double largest) {
  const std::size_t dims = weights.size();
  const double step = largest / kLargestWeight;
  const double inverse = largest > 0 ? kLargestWeight / largest : 0;
  high_.resize(kernels::padded_dims(dims));
  low_.resize(kernels::padded_dims(dims));
  double squares = 0;
  std::int32_t sum = 0;
  for (std::size_t j = 0; j < dims; ++j) {
    const double number = whole(weights[j] * inverse);
    const double off = weights[j] - step * number;
    squares += off * off;
    const auto integer = static_cast<std::int32_t>(number);
    const std::int32_t high = (integer + 64) >> 7;
    high_[j] = static_cast<std::int8_t>(high);
    low_[j] = static_cast<std::int8_t>(integer - 128 * high);
    sum += integer;
  }
  sum_ = 128 * std::int64_t{sum};
  const bool products = bounds_->space() == CodeSpace::inner_product;
  factor_ = products ? -step : -2 * step;
  square_unit_ = products ? 0 : bounds_->unit() * bounds_->unit();
  const double many = static_cast<double>(dims);
  const double length = largest * std::sqrt(many);  // at least that of the weights
  residual_ = (products ? 1 : 2) * (std::sqrt(squares) * kMargin + kDouble * length) * bounds_->longest();
  rounding_ = kDouble * (square_unit_ * kLargestByte * kLargestByte * many + 2 * largest * kLargestByte * many);
}

void ByteBoundQuery::scores(kernels::Rows rows, const float* squares, double* out) const {
  constexpr std::size_t kTogether = 32;
  const std::size_t dims = bounds_->dims();
  std::int32_t high[kTogether];
  std::int32_t low[kTogether];
  for (std::size_t begin = 0; begin < rows.count; begin += kTogether) {
    const std::size_t count = std::min(kTogether, rows.count - begin);
    kernels::Rows some = rows;
    some.count = count;
    if (rows.rows)
      some.rows += begin;
    else
      some.base = static_cast<const std::byte*>(rows.base) + begin * rows.stride;
    kernels::table().screen.rows(high_.data(), some, dims, kFlip, high);
    some.fetched = true;
    kernels::table().screen.rows(low_.data(), some, dims, kFlip, low);
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t product = 128 * std::int64_t{high[i]} + low[i] - sum_;
      out[begin + i] = factor_ * static_cast<double>(product);
      if (square_unit_ > 0) out[begin + i] += square_unit_ * double{squares[begin + i]};
    }
  }
}

double ByteBoundQuery::limit(double rdist) const {
  if (!(rdist < std::numeric_limits<double>::infinity())) return std::numeric_limits<double>::infinity();
  const double error = bounds_->error();
  if (bounds_->space() == CodeSpace::inner_product) {
    const double room = relative_ * norm_ * bounds_->reach();
    return rdist + base_ + norm_ * error * kMargin + residual_ + rounding_ + room + kDouble * std::abs(rdist);
  }
  const bool cosine = bounds_->space() == CodeSpace::cosine;
  const double square = cosine ? 2 * (std::max(0.0, rdist) + relative_) : std::max(0.0, rdist) * (1 + relative_);
  const double reach = std::sqrt(square) + error + (cosine ? kUnitVectorError : 0);
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
