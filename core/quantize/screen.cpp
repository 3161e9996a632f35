#include "quantize/screen.h"

#include <cmath>
#include <limits>

namespace nearabout {
namespace {

constexpr double kUnit = 0x1p-24;
constexpr double kUnitVectorError = 4 * kUnit;  // of a unit vector rounded to float, with room

double norm(const float* values, std::size_t count) {
  double sum = 0;
  for (std::size_t j = 0; j < count; ++j) sum += double{values[j]} * double{values[j]};
  return std::sqrt(sum);
}

// A float that is not below `value`.
float rounded_up(double value) {
  const float nearest = static_cast<float>(value);
  return double{nearest} >= value ? nearest : std::nextafter(nearest, std::numeric_limits<float>::infinity());
}

}  // namespace

void normalise(float* vectors, std::size_t count, std::size_t dims) {
  for (std::size_t i = 0; i < count; ++i) {
    float* vector = vectors + i * dims;
    const double length = norm(vector, dims);
    const double scale = length > 0 ? 1 / length : 0;
    for (std::size_t j = 0; j < dims; ++j) vector[j] = static_cast<float>(double{vector[j]} * scale);
  }
}

ScreenQuery::ScreenQuery(const Screen& screen, const float* query, const float* image, double error)
    : screen_(&screen), codes_(screen.grid, image), error_(error) {
  const std::size_t outputs = screen.contraction.outputs();
  image_norm_ = norm(image, outputs);
  scale_ = screen.space == Space::inner ? -codes_.scale : -2 * codes_.scale;
  if (screen.space == Space::unit) error_ += 2 * kUnitVectorError;  // of the query and of the row
  if (screen.space == Space::inner) {
    query_norm_ = norm(query, screen.contraction.dims());
    for (std::size_t j = 0; j < screen.contraction.dims(); ++j)
      centre_product_ += double{query[j]} * double{screen.contraction.centre()[j]};
  }
  // A mark is one conversion, one product and one sum in float; terms were rounded once when stored; the rest is in double.
  const double product = std::abs(double{scale_}) * codes_.largest_sum;
  rounding_ = 8 * kUnit * (screen.largest_term + product) + 1e-9 * (image_norm_ * image_norm_ + std::abs(codes_.constant));
}

std::vector<ScreenQuery> ScreenQuery::bind(const Screen& screen, const float* queries, std::size_t count) {
  const std::size_t dims = screen.contraction.dims();
  const std::size_t outputs = screen.contraction.outputs();
  std::vector<float> prepared(queries, queries + count * dims);
  if (screen.space == Space::unit) normalise(prepared.data(), count, dims);
  std::vector<float> images(count * outputs);
  std::vector<double> errors(count);
  screen.contraction.apply(prepared.data(), count, screen.space != Space::inner, images.data(), errors.data());
  std::vector<ScreenQuery> bound;
  bound.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    bound.emplace_back(screen, prepared.data() + i * dims, images.data() + i * outputs, errors[i]);
  return bound;
}

float ScreenQuery::threshold(double rank) const {
  if (!(rank < std::numeric_limits<double>::infinity())) return std::numeric_limits<float>::infinity();
  const double exact = screen_->space == Space::inner ? threshold_of_products(rank) : threshold_of_squares(rank);
  return rounded_up(exact + rounding_ + 1e-9 * std::abs(exact));
}

double ScreenQuery::threshold_of_squares(double rank) const {
  const double square = screen_->space == Space::unit ? 2 * rank + 1e-15 : rank;
  if (square < 0) return -std::numeric_limits<double>::max();
  const double reach = std::sqrt(square * (1 + screen_->contraction.epsilon())) + screen_->code_error + error_;
  return reach * reach - image_norm_ * image_norm_ + 2 * codes_.constant + 2 * codes_.residual * screen_->code_spread;
}

double ScreenQuery::threshold_of_products(double rank) const {
  const double wanted = -rank - centre_product_;  // <q, x - centre> of a row that qualifies
  const double epsilon = screen_->contraction.epsilon();
  const double slack = codes_.residual * screen_->code_spread + image_norm_ * screen_->code_error +
                       error_ * (screen_->largest_image + screen_->code_error) +
                       kUnitVectorError * query_norm_ * screen_->largest_image;
  return codes_.constant + slack - wanted * (1 + epsilon);
}

}  // namespace nearabout
