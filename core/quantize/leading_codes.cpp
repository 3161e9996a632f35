#include "quantize/leading_codes.h"

#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"

namespace nearabout::quantize {
namespace {

using kernels::kTableBytes;

// Returns the positive levels of least square error for the normal distribution of variance 1.
std::vector<float> positive_levels(std::size_t bits) {
  if (bits == 1) return {0.7979f};
  if (bits == 2) return {0.4528f, 1.5104f};
  return {0.1284f, 0.3881f, 0.6568f, 0.9424f, 1.2562f, 1.6181f, 2.0690f, 2.7326f};
}

}  // namespace

PcaCodes::PcaCodes(CodeShape shape) : shape_(shape) {
  const std::vector<float> positive = positive_levels(shape.bits);
  for (auto level = positive.rbegin(); level != positive.rend(); ++level) levels_.push_back(-*level);
  levels_.insert(levels_.end(), positive.begin(), positive.end());
  for (std::size_t i = 0; i + 1 < levels_.size(); ++i) borders_.push_back((levels_[i] + levels_[i + 1]) / 2);
  const std::size_t covered = 4 / shape.bits;
  for (std::size_t j = 0; j < covered; ++j)
    for (std::size_t v = 0; v < kTableBytes; ++v)
      patterns_.push_back(levels_[v >> (shape.bits * j) & ((std::size_t{1} << shape.bits) - 1)]);
}

std::size_t PcaCodes::level_of(float value) const {
  std::size_t level = 0;
  for (const float border : borders_) level += value > border ? 1 : 0;
  return level;
}

std::size_t PcaCodes::level_at(const std::uint8_t* packed, std::size_t direction) const {
  const std::size_t covered = 4 / shape_.bits;
  const std::size_t code = direction / covered;
  const unsigned shifted = packed[code / 2] >> (code % 2 * 4 + direction % covered * shape_.bits);
  return shifted & ((1u << shape_.bits) - 1);
}

RowTerms PcaCodes::encode(const float* projection, const float* centroid, float residual_square,
                          std::uint8_t* packed) const {
  double square = 0;
  for (std::size_t j = 0; j < shape_.directions; ++j) {
    const double residual = double{projection[j]} - double{centroid[j]};
    square += residual * residual;
  }
  const double unit = std::sqrt(static_cast<double>(shape_.directions) / std::max(square, 1e-30));
  const auto factor = static_cast<float>(std::min(unit, 1e30));
  std::fill_n(packed, shape_.bytes(), std::uint8_t{0});
  double along = 0;           // <y, r>
  double centroid_along = 0;  // <y, c>
  const std::size_t covered = 4 / shape_.bits;
  for (std::size_t j = 0; j < shape_.directions; ++j) {
    const float residual = projection[j] - centroid[j];
    const std::size_t level = level_of(residual * factor);
    along += double{levels_[level]} * double{residual};
    centroid_along += double{levels_[level]} * double{centroid[j]};
    const std::size_t code = j / covered;
    packed[code / 2] |= static_cast<std::uint8_t>(level << (code % 2 * 4 + j % covered * shape_.bits));
  }
  const double scale = along > 0 ? 2 * square / along : 0;
  return {static_cast<float>(square + double{residual_square} + scale * centroid_along), static_cast<float>(scale)};
}

float PcaCodes::fill_tables(const float* projection, std::int8_t* tables) const {
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
  return most > 1e-30f ? most / static_cast<float>(kernels::kMaxEntry) : 0;
}

void PcaCodes::approximate(const std::uint8_t* packed, const RowTerms& terms, float* values) const {
  for (std::size_t j = 0; j < shape_.directions; ++j) values[j] = terms.scale * levels_[level_at(packed, j)];
}

double PcaCodes::estimate(const float* projection, const std::uint8_t* packed, const RowTerms& terms) const {
  double sum = 0;
  for (std::size_t j = 0; j < shape_.directions; ++j)
    sum += double{projection[j]} * double{levels_[level_at(packed, j)]};
  return double{terms.offset} - double{terms.scale} * sum;
}

void put_codes(const std::uint8_t* packed, std::size_t lines, std::size_t place, std::uint8_t* block) {
  for (std::size_t g = 0; g < lines; ++g)
    for (std::size_t t = 0; t < 4; ++t) {
      const std::size_t low = g * 8 + t;
      const std::size_t high = low + 4;
      const unsigned low_code = packed[low / 2] >> (low % 2 * 4) & 15u;
      const unsigned high_code = packed[high / 2] >> (high % 2 * 4) & 15u;
      block[g * kernels::kLineBytes + t * 16 + place] = static_cast<std::uint8_t>(low_code | high_code << 4);
    }
}

}  // namespace nearabout::quantize
