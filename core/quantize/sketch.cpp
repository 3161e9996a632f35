#include "quantize/sketch.h"

#include <algorithm>
#include <cmath>

#include "base/norm.h"
#include "quantize/lift.h"

namespace nearabout {
namespace {

constexpr float kLargest = 1e30f;  // offsets stay finite, whatever comes
constexpr auto kMost = static_cast<float>(kMostLifted);

// The nearest code, and the value it stands for. No call of the mathematics library: this runs for every coordinate.
inline std::uint8_t code_of(float value, float low, float step) {
  const float code = (value - low) / step + 0.5f;
  return static_cast<std::uint8_t>(std::min(std::max(0.0f, code), 255.0f));  // NaN becomes 0
}

}  // namespace

void Sketch::prepare(float* vectors, std::size_t count, std::size_t dims) const {
  if (space != Space::unit)
    for (std::size_t i = 0; i < count * dims; ++i) vectors[i] = std::clamp(vectors[i] * scale, -kMost, kMost);
  if (space == Space::unit) normalise(vectors, count, dims);
}

void Sketch::images(const float* vectors, std::size_t count, float* images) const {
  const std::size_t in = dims();
  const std::size_t out = contraction.outputs();
  std::vector<double> errors(count);
  if (out == width()) {
    contraction.apply(vectors, count, true, images, errors.data());
  } else {  // all dimensions, and one more for inner products
    std::vector<float> narrow(count * out);
    contraction.apply(vectors, count, true, narrow.data(), errors.data());
    for (std::size_t i = 0; i < count; ++i) std::copy_n(narrow.data() + i * out, out, images + i * width());
  }
  if (space != Space::inner) return;
  for (std::size_t i = 0; i < count; ++i) {
    const double missing = longest * longest - squared_norm(vectors + i * in, in);
    images[(i + 1) * width() - 1] = static_cast<float>(std::sqrt(std::max(0.0, missing)));
  }
}

void Sketch::encode(float* vectors, std::size_t count, std::uint8_t* codes, float* offsets) const {
  const std::size_t out = width();
  std::vector<float> rows(count * out);
  prepare(vectors, count, dims());
  images(vectors, count, rows.data());
  for (std::size_t i = 0; i < count; ++i) {
    const float* image = rows.data() + i * out;
    std::uint8_t* code = codes + i * out;
    for (std::size_t j = 0; j < out; ++j) code[j] = code_of(image[j], grid.low[j], grid.step[j]);
    float square = 0;
    if (space != Space::inner)
      for (std::size_t j = 0; j < out; ++j) {
        const float value = grid.low[j] + grid.step[j] * static_cast<float>(code[j]);
        square += value * value;
      }
    offsets[i] = std::min(square, kLargest);
  }
}

// A query's image with its last coordinate set to zero, and that coordinate.
struct QueryImage {
  const float* values;
  double rest = 0;
  double norm = 0;            // Space::inner: of the query
  double centre_product = 0;  // Space::inner
};

std::vector<SketchQuery> SketchQuery::bind(const Sketch& sketch, const float* queries, std::size_t count) {
  const std::size_t dims = sketch.dims();
  const Contraction& contraction = sketch.contraction;
  const std::size_t outputs = contraction.outputs();
  const bool inner = sketch.space == Space::inner;
  std::vector<float> vectors(queries, queries + count * dims);
  if (!inner) sketch.prepare(vectors.data(), count, dims);
  std::vector<float> images(count * outputs);
  std::vector<double> errors(count);
  contraction.apply(vectors.data(), count, !inner, images.data(), errors.data());

  std::vector<SketchQuery> bound;
  bound.reserve(count);
  std::vector<float> values(sketch.width(), 0.0f);  // one more than outputs where inner products have all dimensions
  for (std::size_t i = 0; i < count; ++i) {
    const float* vector = vectors.data() + i * dims;
    std::copy_n(images.data() + i * outputs, outputs, values.begin());
    QueryImage image{values.data()};
    if (!contraction.identity()) {
      image.rest = double{values[outputs - 1]};
      values[outputs - 1] = 0;
    }
    if (inner) {
      image.norm = norm(vector, dims);
      for (std::size_t j = 0; j < dims; ++j)
        image.centre_product += double{vector[j]} * double{contraction.centre()[j]};
    }
    bound.push_back(SketchQuery(sketch, image));
  }
  return bound;
}

SketchQuery::SketchQuery(const Sketch& sketch, const QueryImage& image)
    : space_(sketch.space), dims_(sketch.dims()), sketch_scale_(sketch.scale), codes_(sketch.grid, image.values) {
  double grid_error = 0;  // of the codes, along a direction at random
  for (const float step : sketch.grid.step) grid_error += double{step} * double{step} / 12;
  grid_error_ = std::sqrt(grid_error / static_cast<double>(sketch.width()));
  if (space_ == Space::inner) {
    scale_ = -codes_.scale;
    const double stretch = image.norm > 0 ? sketch.longest / image.norm : 0;
    centroid_scale_ = static_cast<float>(-2 * stretch * codes_.scale);
    constant_ = -image.centre_product - codes_.constant;
    doubt_unit_ = image.rest * sketch.longest + codes_.residual * sketch.spread;
    spread_ = image.norm;
  } else {
    scale_ = centroid_scale_ = -2 * codes_.scale;
    square_ = squared_norm(image.values, sketch.width()) - 2 * codes_.constant;
    constant_ = square_ + image.rest * image.rest;
    doubt_unit_ = image.rest * image.rest + 2 * codes_.residual * sketch.spread;
  }
  slack_ = sketch.doubt * doubt_unit_;
  if (!std::isfinite(scale_) || !std::isfinite(centroid_scale_)) scale_ = centroid_scale_ = 0;
}

double SketchQuery::estimate(float mark) const {
  const double estimate = double{mark} + constant_;
  switch (space_) {
    case Space::squared:
      return estimate / (sketch_scale_ * sketch_scale_);
    case Space::unit:
      return estimate / 2;
    case Space::inner:
      break;
  }
  return estimate / sketch_scale_;
}

double SketchQuery::doubt(float mark, const float* query, const float* row) const {
  if (!(doubt_unit_ > 0)) return 0;
  double rank = 0;
  const double query_norm = space_ == Space::unit ? norm(query, dims_) : 1;
  const double row_norm = space_ == Space::unit ? norm(row, dims_) : 1;
  for (std::size_t j = 0; j < dims_; ++j) {
    const double left = double{query[j]} / query_norm;
    const double right = double{row[j]} / row_norm;
    rank += space_ == Space::inner ? -left * right : (left - right) * (left - right);
  }
  const double scale = space_ == Space::unit    ? 1
                       : space_ == Space::inner ? sketch_scale_
                                                : sketch_scale_ * sketch_scale_;
  return (double{mark} + constant_ - rank * scale) / doubt_unit_;
}

double SketchQuery::mark_of(double rank) const {
  return (space_ == Space::unit ? 2 * rank : rank * sketch_scale_ * sketch_scale_) - constant_;
}

double SketchQuery::mark_within(double rank) const {
  constexpr double kDeviations = 3;
  switch (space_) {
    case Space::squared:
    case Space::unit: {
      const double square = std::max(0.0, space_ == Space::unit ? 2 * rank : rank * sketch_scale_ * sketch_scale_);
      return square + slack_ + 2 * std::sqrt(square) * grid_error_ * kDeviations - constant_;
    }
    case Space::inner:
      break;
  }
  return rank * sketch_scale_ + slack_ + spread_ * grid_error_ * kDeviations - constant_;
}

}  // namespace nearabout
