#include "quantize/sketch.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/norm.h"

namespace nearabout::quantize {
namespace {

using transform::CodeSpace;

constexpr float kLargest = 1e30f;  // keeps offsets finite in all cases

// Returns the nearest code. Makes no call of the mathematics library, because this runs for every coordinate.
inline std::uint8_t code_of(float value, float low, float step) {
  const float code = (value - low) / step + 0.5f;
  return static_cast<std::uint8_t>(std::min(std::max(0.0f, code), 255.0f));  // NaN becomes 0
}

}  // namespace

void Sketch::project(const float* vectors, std::size_t count, float* projections) const {
  std::vector<float> transformed(count * transform.outputs());
  std::vector<double> errors(count);
  transform.rows(vectors, count, transformed.data());
  contraction.apply(transformed.data(), count, true, projections, errors.data());
}

void Sketch::encode(const float* vectors, std::size_t count, std::uint8_t* codes, float* offsets) const {
  const std::size_t out = width();
  std::vector<float> rows(count * out);
  project(vectors, count, rows.data());
  for (std::size_t i = 0; i < count; ++i) {
    const float* projection = rows.data() + i * out;
    std::uint8_t* code = codes + i * out;
    for (std::size_t j = 0; j < out; ++j) code[j] = code_of(projection[j], grid.low[j], grid.step[j]);
    float square = 0;
    if (space() != CodeSpace::inner_product)
      for (std::size_t j = 0; j < out; ++j) {
        const float value = grid.low[j] + grid.step[j] * static_cast<float>(code[j]);
        square += value * value;
      }
    offsets[i] = std::min(square, kLargest);
  }
}

// A query's projection with its last coordinate set to zero, and that coordinate.
struct SketchQuery::Projection {
  const float* values;
  double remainder = 0;
  double norm = 0;            // length of the query as given
  double centre_product = 0;  // with the transformed query
};

std::vector<SketchQuery> SketchQuery::bind(const Sketch& sketch, const float* queries, std::size_t count) {
  const transform::Contraction& contraction = sketch.contraction;
  const std::size_t dims = contraction.dims();
  const std::size_t outputs = contraction.outputs();
  const bool inner = sketch.space() == CodeSpace::inner_product;
  std::vector<float> transformed(count * dims);
  sketch.transform.queries(queries, count, transformed.data());
  std::vector<float> projections(count * outputs);
  std::vector<double> errors(count);
  contraction.apply(transformed.data(), count, !inner, projections.data(), errors.data());

  std::vector<SketchQuery> bound;
  bound.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    float* const values = projections.data() + i * outputs;
    Projection projection{values};
    if (!contraction.identity()) projection.remainder = double{std::exchange(values[outputs - 1], 0.0f)};
    if (inner) {
      projection.norm = norm(queries + i * sketch.dims(), sketch.dims());
      for (std::size_t j = 0; j < dims; ++j)
        projection.centre_product += double{transformed[i * dims + j]} * double{contraction.centre()[j]};
    }
    bound.push_back(SketchQuery(sketch, projection));
  }
  return bound;
}

namespace {

// Returns SketchQuery::unit_.
double unit_of(const transform::MetricTransform& transform, double norm) {
  const double scale = double{transform.scale()};
  switch (transform.space()) {
    case CodeSpace::l2:
      return scale * scale;
    case CodeSpace::cosine:
      return 2;
    case CodeSpace::inner_product:
      break;
  }
  const double lengths = norm * transform.longest();
  return lengths > 0 ? 1 / lengths : 0;  // zero: all products are
}

}  // namespace

SketchQuery::SketchQuery(const Sketch& sketch, const Projection& projection)
    : space_(sketch.space()),
      unit_(unit_of(sketch.transform, projection.norm)),
      codes_(sketch.grid, projection.values) {
  double grid_error = 0;  // error of the codes along a random direction
  for (const float step : sketch.grid.step) grid_error += double{step} * double{step} / 12;
  grid_error_ = std::sqrt(grid_error / static_cast<double>(sketch.width()));
  centroid_scale_ = -2 * codes_.scale;
  if (space_ == CodeSpace::inner_product) {
    scale_ = -codes_.scale;
    constant_ = -projection.centre_product - codes_.constant;
    bias_unit_ = projection.remainder + codes_.residual * sketch.spread;
  } else {
    scale_ = centroid_scale_;
    square_ = squared_norm(projection.values, sketch.width()) - 2 * codes_.constant;
    constant_ = square_ + projection.remainder * projection.remainder;
    bias_unit_ = projection.remainder * projection.remainder + 2 * codes_.residual * sketch.spread;
  }
  slack_ = sketch.bias_bound * bias_unit_;
  if (!std::isfinite(scale_) || !std::isfinite(centroid_scale_)) scale_ = centroid_scale_ = 0;
}

double SketchQuery::estimate(float score) const { return unit_ > 0 ? (double{score} + constant_) / unit_ : 0; }

double SketchQuery::bias_bound(const Sketch& sketch, float score, const float* query, const float* row) const {
  if (!(bias_unit_ > 0)) return 0;
  std::vector<float> left(sketch.transform.outputs());
  std::vector<float> right(sketch.transform.outputs());
  sketch.transform.queries(query, 1, left.data());
  sketch.transform.rows(row, 1, right.data());
  double truth = 0;
  for (std::size_t j = 0; j < left.size(); ++j) {
    const double off = double{left[j]} - double{right[j]};
    truth += space_ == CodeSpace::inner_product ? -double{left[j]} * double{right[j]} : off * off;
  }
  return (double{score} + constant_ - truth) / bias_unit_;
}

double SketchQuery::score_of(double rdist) const { return rdist * unit_ - constant_; }

double SketchQuery::score_within(double rdist) const {
  constexpr double kErrorDeviations = 3;
  const double estimate = rdist * unit_;
  const double error = slack_ - constant_;
  // A transformed query of inner products is a unit vector.
  if (space_ == CodeSpace::inner_product) return estimate + error + grid_error_ * kErrorDeviations;
  const double square = std::max(0.0, estimate);
  return square + error + 2 * std::sqrt(square) * grid_error_ * kErrorDeviations;
}

}  // namespace nearabout::quantize
