#include "quantize/screen.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/norm.h"

namespace nearabout::quantize {
namespace {

using transform::CodeSpace;

constexpr double kUnit = 0x1p-24;
constexpr double kUnitVectorError = 4 * kUnit;  // error of a unit vector rounded to float, with a margin
constexpr double kSmallest = 1e-36;             // below this, floats lose their relative accuracy

// The limit that every row is within. The slack is the largest possible, too: scores computed with it are never above a
// later threshold, as they would be with a slack of zero (a search that started that way lost true neighbours), and no
// error turns it into NaN.
constexpr Limit kEverything{std::numeric_limits<float>::infinity(), std::numeric_limits<float>::max()};

// Returns a float that is at least `value`.
float rounded_up(double value) {
  const float nearest = static_cast<float>(value);
  return double{nearest} >= value ? nearest : std::nextafter(nearest, std::numeric_limits<float>::infinity());
}

}  // namespace

ScreenQuery::ScreenQuery(const Screen& screen, const float* query, const float* projection, double error)
    : screen_(&screen), codes_(screen.grid, projection), error_(error) {
  const std::size_t outputs = screen.contraction.outputs();
  projection_norm_ = norm(projection, outputs);
  rdist_error_ = static_cast<double>(screen.contraction.dims() + 8) * 0x1p-52;
  scale_ = screen.space == CodeSpace::inner_product ? -codes_.scale : -2 * codes_.scale;
  if (screen.space == CodeSpace::cosine) error_ += 2 * kUnitVectorError;  // one for the query, one for the row
  if (screen.space == CodeSpace::inner_product) {
    query_norm_ = norm(query, screen.contraction.dims());
    centre_norm_ = norm(screen.contraction.centre().data(), screen.contraction.dims());
    for (std::size_t j = 0; j < screen.contraction.dims(); ++j)
      centre_product_ += double{query[j]} * double{screen.contraction.centre()[j]};
  }
  // A score takes a conversion, products and sums in float. Offsets and errors include room for its rounding of
  // themselves (see screen_build.cpp); the rounding of the product is covered here. Everything else is in double.
  if (!std::isfinite(scale_) || !(projection_norm_ < kLargestScreened) || !std::isfinite(codes_.constant)) {
    scale_ = 0;
    screens_ = false;
  }
  rounding_ = kSmallest + 8 * kUnit * std::abs(double{scale_}) * codes_.largest_sum +
              1e-9 * (projection_norm_ * projection_norm_ + std::abs(codes_.constant));
}

std::vector<ScreenQuery> ScreenQuery::bind(const Screen& screen, const float* queries, std::size_t count) {
  const std::size_t dims = screen.contraction.dims();
  const std::size_t outputs = screen.contraction.outputs();
  std::vector<float> prepared(queries, queries + count * dims);
  if (screen.space == CodeSpace::cosine) transform::normalise(prepared.data(), count, dims);
  std::vector<float> projections(count * outputs);
  std::vector<double> errors(count);
  screen.contraction.apply(prepared.data(), count, screen.space != CodeSpace::inner_product, projections.data(),
                           errors.data());
  std::vector<ScreenQuery> bound;
  bound.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    bound.emplace_back(screen, prepared.data() + i * dims, projections.data() + i * outputs, errors[i]);
  return bound;
}

Limit ScreenQuery::limit(double rdist) const {
  if (!screens_ || !(rdist < std::numeric_limits<double>::infinity())) return kEverything;
  return screen_->space == CodeSpace::inner_product ? limit_of_products(rdist) : limit_of_squares(rdist);
}

Limit ScreenQuery::limit_of_squares(double rdist) const {
  const double square = screen_->space == CodeSpace::cosine ? 2 * (rdist + rdist_error_) : rdist * (1 + rdist_error_);
  const double reach = std::sqrt(std::max(0.0, square) * (1 + screen_->contraction.epsilon())) + error_;
  return rounded(reach * reach - projection_norm_ * projection_norm_ + 2 * codes_.constant,
                 2 * (reach * screen_->typical_error + codes_.residual * screen_->typical_spread));
}

Limit ScreenQuery::limit_of_products(double rdist) const {
  const double wanted = -rdist - centre_product_;  // <q, x - centre> of a row that qualifies
  const double room = error_ * screen_->largest_projection +
                      kUnitVectorError * query_norm_ * screen_->largest_projection +
                      rdist_error_ * query_norm_ * (screen_->largest_projection + centre_norm_);
  return rounded(codes_.constant + room - wanted * (1 + screen_->contraction.epsilon()),
                 projection_norm_ * screen_->typical_error + codes_.residual * screen_->typical_spread);
}

// Returns the limit as floats. Outside their range nothing is ruled out: an infinite slack times a zero error would be
// NaN, which never passes.
Limit ScreenQuery::rounded(double threshold, double slack) const {
  constexpr double most = std::numeric_limits<float>::max() / 4;  // room for the rounding below
  if (!(threshold < most) || !(slack < most)) return kEverything;
  return {rounded_up(threshold + rounding_ + 1e-9 * std::abs(threshold)), rounded_up(slack)};
}

}  // namespace nearabout::quantize
