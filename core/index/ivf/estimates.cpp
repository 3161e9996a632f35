#include "index/ivf/estimates.h"

#include <algorithm>

#include "base/convert.h"
#include "base/norm.h"

namespace nearabout::ivf {

void EstimateUnits::bind(MatrixView queries, std::size_t number) {
  vector_.resize(queries.dims);
  transformed_.resize(transform_.outputs());
  to_f32(queries.element, queries.row(number), queries.dims, vector_.data());
  length_ = norm(vector_.data(), vector_.size());
  transform_.queries(vector_.data(), 1, transformed_.data());
  for (std::size_t j = 0; j < transformed_.size(); ++j) transformed_[j] -= centre_[j];
  square_ = squared_norm(transformed_.data(), transformed_.size());
}

// Converts an estimate. For unit vectors q and x, |q - x|^2 = 2 - 2 <q, x>. Under CodeSpace::inner_product these are a
// query divided by its length and a row, with one more coordinate, divided by the longest length.
double EstimateUnits::rdist(float estimate) const {
  const double square = std::max(0.0, square_ + double{estimate});
  const double scale = double{transform_.scale()};
  switch (transform_.space()) {
    case transform::CodeSpace::l2:
      return square / (scale * scale);
    case transform::CodeSpace::cosine:
      return std::min(square / 2, 2.0);
    case transform::CodeSpace::inner_product:
      return length_ * transform_.longest() * (square / 2 - 1);
  }
  return square;
}

}  // namespace nearabout::ivf
