#include "quantize/binary_codes.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "kernels/kernels.h"
#include "quantize/directions.h"
#include "quantize/itq.h"

namespace nearabout::quantize {
namespace {

constexpr std::size_t kGainRows = 512;  // rows whose decoded vectors are compared with themselves

// Returns numbers that are nearly normal: sums of uniform ones, the same on every machine.
std::vector<float> random_directions(std::size_t dims, std::size_t bits, std::uint64_t seed) {
  constexpr int kSummed = 12;
  Random random(0x4A5E + seed);
  const std::size_t outputs = transform::padded_outputs(bits);
  std::vector<float> directions(dims * outputs, 0.0f);
  for (std::size_t b = 0; b < bits; ++b) {
    double square = 0;
    std::vector<double> direction(dims);
    for (double& value : direction) {
      for (int i = 0; i < kSummed; ++i) value += random.symmetric();
      square += value * value;
    }
    for (std::size_t j = 0; j < dims; ++j)
      directions[j * outputs + b] = static_cast<float>(direction[j] / std::sqrt(square > 0 ? square : 1));
  }
  return directions;
}

std::vector<float> turned_directions(const transform::Sample& sample, const std::vector<float>& centred_rows,
                                     std::size_t bits, std::uint64_t seed, std::size_t threads) {
  const std::size_t available = std::min({bits, sample.dims, sample.rows});
  const PrincipalDirections principal = find_directions(sample, available, threads);
  const std::size_t width = transform::padded_outputs(available);
  const std::vector<float> wide = project_onto(principal, centred_rows, sample.rows, width);
  std::vector<float> projections(sample.rows * available);
  for (std::size_t i = 0; i < sample.rows; ++i)
    std::copy_n(wide.data() + i * width, available, projections.data() + i * available);
  const std::vector<float> rotation = learn_rotation(projections, sample.rows, available, bits, seed, threads);
  const std::size_t outputs = transform::padded_outputs(bits);
  std::vector<float> directions(sample.dims * outputs, 0.0f);
  for (std::size_t j = 0; j < sample.dims; ++j)
    for (std::size_t b = 0; b < bits; ++b) {
      double sum = 0;
      for (std::size_t a = 0; a < available; ++a)
        sum += principal.columns[j * available + a] * double{rotation[a * bits + b]};
      directions[j * outputs + b] = static_cast<float>(sum);
    }
  return directions;
}

// Returns the means of the projections on either side of each plane.
std::vector<float> mean_levels(const std::vector<float>& projections, std::size_t rows, std::size_t bits) {
  const std::size_t outputs = transform::padded_outputs(bits);
  std::vector<double> sums(2 * bits, 0.0);
  std::vector<double> counts(2 * bits, 0.0);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t b = 0; b < bits; ++b) {
      const float value = projections[i * outputs + b];
      const std::size_t side = value > 0 ? bits + b : b;
      sums[side] += double{value};
      ++counts[side];
    }
  std::vector<float> levels(2 * bits);
  for (std::size_t side = 0; side < levels.size(); ++side)
    levels[side] = static_cast<float>(counts[side] > 0 ? sums[side] / counts[side] : 0);
  return levels;
}

// Multiplies the levels by one factor, so that vectors are decoded with the least squared error: directions that are
// not orthonormal count the same part of a vector several times.
void fit_gain(LearntBinaryCodes& learnt, const std::vector<float>& centred_rows, std::size_t rows) {
  const std::size_t dims = learnt.centre.size();
  const std::vector<float> origin(dims, 0.0f);
  const BinaryCodes codes(learnt.bits, origin, learnt.directions, learnt.levels);
  std::vector<std::uint64_t> words(codes.words());
  std::vector<float> decoded(dims);
  double along = 0;
  double square = 0;
  for (std::size_t i = 0; i < std::min(rows, kGainRows); ++i) {
    codes.encode(centred_rows.data() + i * dims, 1, words.data());
    codes.decode(words.data(), 1, decoded.data());
    for (std::size_t j = 0; j < dims; ++j) {
      along += double{centred_rows[i * dims + j]} * double{decoded[j]};
      square += double{decoded[j]} * double{decoded[j]};
    }
  }
  const double gain = square > 0 ? along / square : 1;
  for (float& level : learnt.levels) level = static_cast<float>(double{level} * gain);
}

}  // namespace

void BinaryCodes::project(const float* vectors, std::size_t count, float* projections) const {
  std::vector<float> centred_rows(count * dims());
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < dims(); ++j) centred_rows[i * dims() + j] = vectors[i * dims() + j] - centre_[j];
  kernels::table().project(centred_rows.data(), count, dims(), directions_.data(), outputs(), projections);
}

void BinaryCodes::signs(const float* projections, std::size_t count, std::uint64_t* codes) const {
  std::fill_n(codes, count * words(), std::uint64_t{0});
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t b = 0; b < bits_; ++b)
      codes[i * words() + b / kWordBits] |= std::uint64_t{projections[i * outputs() + b] > 0} << b % kWordBits;
}

void BinaryCodes::encode(const float* vectors, std::size_t count, std::uint64_t* codes) const {
  std::vector<float> projections(count * outputs());
  project(vectors, count, projections.data());
  signs(projections.data(), count, codes);
}

void BinaryCodes::decode(const std::uint64_t* codes, std::size_t count, float* vectors) const {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t* const code = codes + i * words();
    for (std::size_t j = 0; j < dims(); ++j) {
      double sum = double{centre_[j]};
      for (std::size_t b = 0; b < bits_; ++b) {
        const bool set = (code[b / kWordBits] >> b % kWordBits & 1) != 0;
        sum += double{levels_[set ? bits_ + b : b]} * double{directions_[j * outputs() + b]};
      }
      vectors[i * dims() + j] = static_cast<float>(sum);
    }
  }
}

LearntBinaryCodes learn_binary_codes(Planes planes, const transform::Sample& sample, std::size_t bits,
                                     std::uint64_t seed, std::size_t threads) {
  LearntBinaryCodes learnt{planes, seed, bits, transform::centre_of(sample, false), {}, std::vector<float>(2 * bits)};
  const std::vector<float> centred_rows = centred(sample, learnt.centre);
  learnt.directions = planes == Planes::itq ? turned_directions(sample, centred_rows, bits, seed, threads)
                                            : random_directions(sample.dims, bits, seed);
  std::vector<float> projections(sample.rows * transform::padded_outputs(bits));
  learnt.codes().project(sample.values.data(), sample.rows, projections.data());
  learnt.levels = mean_levels(projections, sample.rows, bits);
  fit_gain(learnt, centred_rows, sample.rows);
  return learnt;
}

}  // namespace nearabout::quantize
