#include "quantize/sketch.h"

#include <algorithm>
#include <cmath>

#include "base/norm.h"
#include "transform/metric_transform.h"

namespace nearabout {
namespace {

constexpr float kLargest = 1e30f;  // keeps offsets finite in all cases
constexpr auto kMaxValue = static_cast<float>(kMaxTransformed);

// Returns the nearest code. Makes no call of the mathematics library, because this runs for every coordinate.
inline std::uint8_t code_of(float value, float low, float step) {
  const float code = (value - low) / step + 0.5f;
  return static_cast<std::uint8_t>(std::min(std::max(0.0f, code), 255.0f));  // NaN becomes 0
}

}  // namespace

void Sketch::prepare(float* vectors, std::size_t count, std::size_t dims) const {
  if (space != CodeSpace::cosine)
    for (std::size_t i = 0; i < count * dims; ++i) vectors[i] = std::clamp(vectors[i] * scale, -kMaxValue, kMaxValue);
  if (space == CodeSpace::cosine) normalise(vectors, count, dims);
}

void Sketch::project(const float* vectors, std::size_t count, float* projections) const {
  const std::size_t in = dims();
  const std::size_t out = contraction.outputs();
  std::vector<double> errors(count);
  if (out == width()) {
    contraction.apply(vectors, count, true, projections, errors.data());
  } else {  // all dimensions, and one more for inner products
    std::vector<float> narrow(count * out);
    contraction.apply(vectors, count, true, narrow.data(), errors.data());
    for (std::size_t i = 0; i < count; ++i) std::copy_n(narrow.data() + i * out, out, projections + i * width());
  }
  if (space != CodeSpace::inner_product) return;
  for (std::size_t i = 0; i < count; ++i) {
    const double missing = longest * longest - squared_norm(vectors + i * in, in);
    projections[(i + 1) * width() - 1] = static_cast<float>(std::sqrt(std::max(0.0, missing)));
  }
}

void Sketch::encode(float* vectors, std::size_t count, std::uint8_t* codes, float* offsets) const {
  const std::size_t out = width();
  std::vector<float> rows(count * out);
  prepare(vectors, count, dims());
  project(vectors, count, rows.data());
  for (std::size_t i = 0; i < count; ++i) {
    const float* projection = rows.data() + i * out;
    std::uint8_t* code = codes + i * out;
    for (std::size_t j = 0; j < out; ++j) code[j] = code_of(projection[j], grid.low[j], grid.step[j]);
    float square = 0;
    if (space != CodeSpace::inner_product)
      for (std::size_t j = 0; j < out; ++j) {
        const float value = grid.low[j] + grid.step[j] * static_cast<float>(code[j]);
        square += value * value;
      }
    offsets[i] = std::min(square, kLargest);
  }
}

// A query's projection with its last coordinate set to zero, and that coordinate.
struct QueryProjection {
  const float* values;
  double remainder = 0;
  double norm = 0;            // CodeSpace::inner_product: length of the query
  double centre_product = 0;  // CodeSpace::inner_product
};

std::vector<SketchQuery> SketchQuery::bind(const Sketch& sketch, const float* queries, std::size_t count) {
  const std::size_t dims = sketch.dims();
  const Contraction& contraction = sketch.contraction;
  const std::size_t outputs = contraction.outputs();
  const bool inner = sketch.space == CodeSpace::inner_product;
  std::vector<float> vectors(queries, queries + count * dims);
  if (!inner) sketch.prepare(vectors.data(), count, dims);
  std::vector<float> projections(count * outputs);
  std::vector<double> errors(count);
  contraction.apply(vectors.data(), count, !inner, projections.data(), errors.data());

  std::vector<SketchQuery> bound;
  bound.reserve(count);
  std::vector<float> values(sketch.width(), 0.0f);  // one more than outputs if inner products use all dimensions
  for (std::size_t i = 0; i < count; ++i) {
    const float* vector = vectors.data() + i * dims;
    std::copy_n(projections.data() + i * outputs, outputs, values.begin());
    QueryProjection projection{values.data()};
    if (!contraction.identity()) {
      projection.remainder = double{values[outputs - 1]};
      values[outputs - 1] = 0;
    }
    if (inner) {
      projection.norm = norm(vector, dims);
      for (std::size_t j = 0; j < dims; ++j)
        projection.centre_product += double{vector[j]} * double{contraction.centre()[j]};
    }
    bound.push_back(SketchQuery(sketch, projection));
  }
  return bound;
}

SketchQuery::SketchQuery(const Sketch& sketch, const QueryProjection& projection)
    : space_(sketch.space), dims_(sketch.dims()), sketch_scale_(sketch.scale), codes_(sketch.grid, projection.values) {
  double grid_error = 0;  // error of the codes along a random direction
  for (const float step : sketch.grid.step) grid_error += double{step} * double{step} / 12;
  grid_error_ = std::sqrt(grid_error / static_cast<double>(sketch.width()));
  if (space_ == CodeSpace::inner_product) {
    scale_ = -codes_.scale;
    const double stretch = projection.norm > 0 ? sketch.longest / projection.norm : 0;
    centroid_scale_ = static_cast<float>(-2 * stretch * codes_.scale);
    constant_ = -projection.centre_product - codes_.constant;
    bias_unit_ = projection.remainder * sketch.longest + codes_.residual * sketch.spread;
    spread_ = projection.norm;
  } else {
    scale_ = centroid_scale_ = -2 * codes_.scale;
    square_ = squared_norm(projection.values, sketch.width()) - 2 * codes_.constant;
    constant_ = square_ + projection.remainder * projection.remainder;
    bias_unit_ = projection.remainder * projection.remainder + 2 * codes_.residual * sketch.spread;
  }
  slack_ = sketch.bias_bound * bias_unit_;
  if (!std::isfinite(scale_) || !std::isfinite(centroid_scale_)) scale_ = centroid_scale_ = 0;
}

double SketchQuery::estimate(float score) const {
  const double estimate = double{score} + constant_;
  switch (space_) {
    case CodeSpace::l2:
      return estimate / (sketch_scale_ * sketch_scale_);
    case CodeSpace::cosine:
      return estimate / 2;
    case CodeSpace::inner_product:
      break;
  }
  return estimate / sketch_scale_;
}

double SketchQuery::bias_bound(float score, const float* query, const float* row) const {
  if (!(bias_unit_ > 0)) return 0;
  double rdist = 0;
  const double query_norm = space_ == CodeSpace::cosine ? norm(query, dims_) : 1;
  const double row_norm = space_ == CodeSpace::cosine ? norm(row, dims_) : 1;
  for (std::size_t j = 0; j < dims_; ++j) {
    const double left = double{query[j]} / query_norm;
    const double right = double{row[j]} / row_norm;
    rdist += space_ == CodeSpace::inner_product ? -left * right : (left - right) * (left - right);
  }
  const double scale = space_ == CodeSpace::cosine          ? 1
                       : space_ == CodeSpace::inner_product ? sketch_scale_
                                                            : sketch_scale_ * sketch_scale_;
  return (double{score} + constant_ - rdist * scale) / bias_unit_;
}

double SketchQuery::score_of(double rdist) const {
  return (space_ == CodeSpace::cosine ? 2 * rdist : rdist * sketch_scale_ * sketch_scale_) - constant_;
}

double SketchQuery::score_within(double rdist) const {
  constexpr double kErrorDeviations = 3;
  switch (space_) {
    case CodeSpace::l2:
    case CodeSpace::cosine: {
      const double square =
          std::max(0.0, space_ == CodeSpace::cosine ? 2 * rdist : rdist * sketch_scale_ * sketch_scale_);
      return square + slack_ + 2 * std::sqrt(square) * grid_error_ * kErrorDeviations - constant_;
    }
    case CodeSpace::inner_product:
      break;
  }
  return rdist * sketch_scale_ + slack_ + spread_ * grid_error_ * kErrorDeviations - constant_;
}

}  // namespace nearabout
