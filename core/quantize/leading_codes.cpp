#include "quantize/leading_codes.h"

#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"
#include "quantize/byte_vector.h"

namespace nearabout::quantize {
namespace {

using kernels::kTableBytes;

constexpr float kMaxByte = 127;
constexpr int kByteShift = 128;  // bytes are stored without a sign

// Returns the positive levels of least square error for the normal distribution of variance 1.
std::vector<float> positive_levels(std::size_t bits) {
  if (bits == 1) return {0.7979f};
  if (bits == 2) return {0.4528f, 1.5104f};
  return {0.1284f, 0.3881f, 0.6568f, 0.9424f, 1.2562f, 1.6181f, 2.0690f, 2.7326f};
}

}  // namespace

PcaCodes::PcaCodes(CodeShape shape) : ResidualCodes(shape) {
  if (shape.has_bytes()) return;
  const std::vector<float> positive = positive_levels(shape.bits);
  for (auto level = positive.rbegin(); level != positive.rend(); ++level) levels_.push_back(-*level);
  levels_.insert(levels_.end(), positive.begin(), positive.end());
  for (std::size_t i = 0; i + 1 < levels_.size(); ++i) borders_.push_back((levels_[i] + levels_[i + 1]) / 2);
  const std::size_t covered = 4 / shape.bits;
  for (std::size_t j = 0; j < covered; ++j)
    for (std::size_t v = 0; v < kTableBytes; ++v)
      patterns_.push_back(levels_[v >> (shape.bits * j) & ((std::size_t{1} << shape.bits) - 1)]);
}

// Returns the factor by which a residual is multiplied before it is rounded to the levels.
float PcaCodes::factor_of(const float* projection, const float* centroid, double square) const {
  double unit = std::sqrt(static_cast<double>(shape_.directions) / std::max(square, 1e-30));
  if (shape_.has_bytes()) {
    float largest = 0;
    for (std::size_t j = 0; j < shape_.directions; ++j)
      largest = std::max(largest, std::abs(projection[j] - centroid[j]));
    unit = double{kMaxByte} / std::max(double{largest}, 1e-30);
  }
  return static_cast<float>(std::min(unit, 1e30));
}

unsigned PcaCodes::code_of(float value) const {
  if (shape_.has_bytes()) return static_cast<unsigned>(kByteShift + std::lrint(std::clamp(value, -kMaxByte, kMaxByte)));
  unsigned level = 0;
  for (const float border : borders_) level += value > border ? 1 : 0;
  return level;
}

float PcaCodes::value_of(unsigned code) const {
  return shape_.has_bytes() ? static_cast<float>(static_cast<int>(code) - kByteShift) : levels_[code];
}

unsigned PcaCodes::code_at(const std::uint8_t* packed, std::size_t direction) const {
  const std::size_t bit = direction * shape_.bits;
  return static_cast<unsigned>(packed[bit / 8] >> bit % 8) & ((1u << shape_.bits) - 1);
}

void PcaCodes::put_code(std::uint8_t* packed, std::size_t direction, unsigned code) const {
  const std::size_t bit = direction * shape_.bits;
  packed[bit / 8] |= static_cast<std::uint8_t>(code << bit % 8);
}

RowTerms PcaCodes::encode(const float* projection, const float* centroid, float residual_square,
                          std::uint8_t* packed) const {
  double square = 0;
  for (std::size_t j = 0; j < shape_.directions; ++j) {
    const double residual = double{projection[j]} - double{centroid[j]};
    square += residual * residual;
  }
  const float factor = factor_of(projection, centroid, square);
  std::fill_n(packed, shape_.bytes(), std::uint8_t{0});
  double along = 0;           // <y, r>
  double centroid_along = 0;  // <y, c>
  for (std::size_t j = 0; j < shape_.directions; ++j) {
    const float residual = projection[j] - centroid[j];
    const unsigned code = code_of(residual * factor);
    const double value = double{value_of(code)};
    along += value * double{residual};
    centroid_along += value * double{centroid[j]};
    put_code(packed, j, code);
  }
  const double scale = along > 0 ? 2 * square / along : 0;
  return {static_cast<float>(square + double{residual_square} + scale * centroid_along), static_cast<float>(scale)};
}

QueryCodes PcaCodes::bind(const float* projection, std::int8_t* tables) const {
  if (!shape_.has_bytes()) return fill_tables(projection, tables);
  QueryCodes codes{to_bytes(projection, shape_.directions, tables, kernels::kMaxQueryByte), 0};
  for (std::size_t j = 0; j < shape_.directions; ++j) codes.correction += kByteShift * tables[j];
  return codes;
}

QueryCodes PcaCodes::fill_tables(const float* projection, std::int8_t* tables) const {
  const std::size_t covered = 4 / shape_.bits;
  float most = 0;
  for (std::size_t c = 0; c < shape_.codes(); ++c) {
    float sum = 0;
    for (std::size_t j = 0; j < covered; ++j) sum += std::abs(projection[c * covered + j]);
    most = std::max(most, sum);
  }
  most *= levels_.back();
  const float factor = most > 1e-30f ? static_cast<float>(kernels::kMaxEntry) / most : 0;
  kernels::table().codes.tables(projection, shape_.codes(), covered, patterns_.data(), factor, tables);
  return {most > 1e-30f ? most / static_cast<float>(kernels::kMaxEntry) : 0, 0};
}

void PcaCodes::approximate(const std::uint8_t* packed, const RowTerms& terms, float* values) const {
  for (std::size_t j = 0; j < shape_.directions; ++j) values[j] = terms.scale * value_of(code_at(packed, j));
}

double PcaCodes::estimate(const float* projection, const std::uint8_t* packed, const RowTerms& terms) const {
  double sum = 0;
  for (std::size_t j = 0; j < shape_.directions; ++j)
    sum += double{projection[j]} * double{value_of(code_at(packed, j))};
  return double{terms.offset} - double{terms.scale} * sum;
}

}  // namespace nearabout::quantize
