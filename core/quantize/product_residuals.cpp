#include "quantize/product_residuals.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "kernels/kernels.h"

namespace nearabout::quantize {
namespace {

CodeShape shape_of(const ProductShape& shape) { return {shape.dims, shape.bits, shape.parts}; }

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += double{a[j]} * double{b[j]};
  return sum;
}

constexpr float kLargestValue = 1e30f;  // of a table, as a file that lies may say more

// Returns the largest absolute value that is a number, sixteen at a time, so that none waits for the one before.
float largest_of(const std::vector<float>& values) {
  constexpr std::size_t kValueLanes = 16;
  std::array<float, kValueLanes> most{};
  std::size_t i = 0;
  for (; i + kValueLanes <= values.size(); i += kValueLanes)
    for (std::size_t lane = 0; lane < kValueLanes; ++lane)
      most[lane] = std::abs(values[i + lane]) > most[lane] ? std::abs(values[i + lane]) : most[lane];
  for (; i < values.size(); ++i) most[0] = std::max(most[0], std::abs(values[i]));
  return *std::max_element(most.begin(), most.end());
}

// Rounds a table's numbers to whole ones, of which the largest is `most`, halves away from zero; returns the value of
// one. Whatever is not a number becomes -most.
template <class Entry>
float round_tables(const std::vector<float>& values, int most, Entry* entries) {
  const float largest = std::min(largest_of(values), kLargestValue);
  if (!(largest > 1e-30f)) {
    std::fill_n(entries, values.size(), Entry{0});
    return 0;
  }
  const auto limit = static_cast<float>(most);
  const float factor = limit / largest;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float scaled = factor * values[i];
    const float value = scaled > -limit ? std::min(scaled, limit) : -limit;
    entries[i] = static_cast<Entry>(static_cast<int>(value + (value < 0 ? -0.5f : 0.5f)));
  }
  return largest / limit;
}

}  // namespace

ProductResiduals::ProductResiduals(ProductCodebooks codebooks, std::optional<transform::Rotation> rotation)
    : ResidualCodes(shape_of(codebooks.shape)), codes_(std::move(codebooks)), rotation_(std::move(rotation)) {}

std::vector<float> ProductResiduals::rotated(const float* vector) const {
  std::vector<float> result(vector, vector + shape_.directions);
  if (rotation_) rotation_->apply(vector, 1, result.data());
  return result;
}

RowTerms ProductResiduals::encode(const float* projection, const float* centroid, float residual_square,
                                  std::uint8_t* packed) const {
  const std::size_t dims = shape_.directions;
  std::vector<float> residual(dims);
  for (std::size_t j = 0; j < dims; ++j) residual[j] = projection[j] - centroid[j];
  const double square = dot(residual, residual);
  const auto inverse = static_cast<float>(1 / std::max(std::sqrt(square), 1e-30));
  for (float& value : residual) value *= inverse;
  codes_.encode(rotated(residual.data()).data(), packed);
  std::vector<float> words(dims);
  codes_.decode(packed, words.data());
  const double length = std::sqrt(dot(words, words));
  const double scale = length > 1e-30 ? 2 * std::sqrt(square) / length : 0;
  const double along_centroid = dot(words, rotated(centroid));
  return {static_cast<float>(square + double{residual_square} + scale * along_centroid), static_cast<float>(scale)};
}

void ProductResiduals::approximate(const std::uint8_t* packed, const RowTerms& terms, float* values) const {
  std::vector<float> words(shape_.directions);
  codes_.decode(packed, words.data());
  if (rotation_)
    rotation_->undo(words.data(), 1, values);
  else
    std::copy(words.begin(), words.end(), values);
  for (std::size_t j = 0; j < shape_.directions; ++j) values[j] *= terms.scale;
}

QueryCodes ProductResiduals::bind(const float* projection, std::int8_t* tables) const {
  const ProductShape& shape = codes_.shape();
  std::vector<float> values(shape.parts * shape.words());
  codes_.dots(rotated(projection).data(), values.data());
  if (shape_.form() == CodeForm::tables) return {round_tables(values, kernels::kMaxEntry, tables), 0};
  std::vector<std::int16_t> entries(values.size());
  const float unit = round_tables(values, kernels::kMaxLongEntry, entries.data());
  std::memcpy(tables, entries.data(), entries.size() * sizeof(std::int16_t));
  return {unit, 0};
}

}  // namespace nearabout::quantize
