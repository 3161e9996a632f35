#include "index/ivf/estimates.h"

#include <algorithm>

#include "base/convert.h"
#include "base/norm.h"

namespace nearabout {

void EstimateUnits::bind(MatrixView queries, std::size_t number) {
  vector_.resize(queries.dims);
  lifted_.resize(lift_.outputs());
  to_f32(queries.element, queries.row(number), queries.dims, vector_.data());
  length_ = norm(vector_.data(), vector_.size());
  lift_.queries(vector_.data(), 1, lifted_.data());
  for (std::size_t j = 0; j < lifted_.size(); ++j) lifted_[j] -= centre_[j];
  square_ = squared_norm(lifted_.data(), lifted_.size());
}

// With unit vectors q and x, |q - x|^2 = 2 - 2 <q, x>. Under Space::inner those are a query over its length and a row,
// with one more coordinate, over the longest.
double EstimateUnits::rank(float estimate) const {
  const double square = std::max(0.0, square_ + double{estimate});
  const double scale = double{lift_.scale()};
  switch (lift_.space()) {
    case Space::squared:
      return square / (scale * scale);
    case Space::unit:
      return std::min(square / 2, 2.0);
    case Space::inner:
      return length_ * lift_.longest() * (square / 2 - 1);
  }
  return square;
}

}  // namespace nearabout
