// Learning a sketch: which directions to keep, and how many.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/norm.h"
#include "kernels/kernels.h"
#include "quantize/principal.h"
#include "quantize/sketch.h"

namespace nearabout {
namespace {

constexpr std::size_t kSampleRows = 2048;
constexpr double kEnough = 0.9;  // of the variance

// Vectors whose squares a float holds with room are left as they are.
float scale_for(const Sample& sample) {
  float largest = 0;
  for (const float value : sample.values) largest = std::max(largest, std::abs(value));
  if (largest == 0 || (largest < 1e9f && largest > 1e-9f)) return 1;
  return static_cast<float>(std::exp2(-std::floor(std::log2(double{largest}))));
}

// Numbers of directions that are fewer enough than the dimensions to pay for the projection of each query.
std::vector<std::size_t> candidate_outputs(std::size_t dims, std::size_t rows) {
  std::vector<std::size_t> candidates;
  for (const std::size_t outputs : {32u, 48u, 64u, 96u, 128u})
    if (outputs * 5 <= dims * 4 && outputs * 4 <= rows) candidates.push_back(outputs);
  return candidates;
}

// Variances along the directions.
std::vector<double> energies_of(const std::vector<float>& centred, const Sample& sample,
                                const std::vector<double>& directions, std::size_t count) {
  const std::vector<float> plain(directions.begin(), directions.end());
  std::vector<float> images(sample.rows * count);
  kernels::table().project(centred.data(), sample.rows, sample.dims, plain.data(), count, images.data());
  std::vector<double> energies(count, 0.0);
  for (std::size_t i = 0; i < sample.rows; ++i)
    for (std::size_t j = 0; j < count; ++j)
      energies[j] += double{images[i * count + j]} * double{images[i * count + j]};
  return energies;
}

// The fewest that keep enough of the variance, or the most there are.
std::size_t fewest(const std::vector<std::size_t>& candidates, const std::vector<double>& energies, double whole) {
  double kept = 0;
  std::size_t j = 0;
  for (const std::size_t outputs : candidates) {
    for (; j + 1 < outputs; ++j) kept += energies[j];
    if (kept >= kEnough * whole) return outputs;
  }
  return candidates.back();
}

Contraction leading_directions(const Sample& sample, std::size_t threads) {
  std::vector<float> centre = centre_of(sample, false);
  const std::vector<std::size_t> candidates = candidate_outputs(sample.dims, sample.rows);
  if (candidates.empty()) return Contraction(std::move(centre));
  std::vector<float> centred = sample.values;
  for (std::size_t i = 0; i < sample.rows; ++i)
    for (std::size_t j = 0; j < sample.dims; ++j) centred[i * sample.dims + j] -= centre[j];
  const std::size_t most = candidates.back();
  const std::vector<double> directions = principal_directions(centred, sample.rows, sample.dims, most, threads);
  const double whole = squared_norm(centred.data(), centred.size());
  const std::size_t outputs = fewest(candidates, energies_of(centred, sample, directions, most), whole);
  return Contraction(std::move(centre), mixed_directions(directions, sample.dims, most, outputs - 1, outputs), outputs);
}

}  // namespace

Sketch learn_sketch(const RowReader& read, std::size_t rows, std::size_t dims, Space space, std::size_t threads) {
  Sample sample = take_sample(read, rows, dims, kSampleRows);
  Sketch sketch;
  sketch.space = space;
  sketch.scale = scale_for(sample);
  const std::vector<float> as_given = sample.values;
  for (float& value : sample.values) value *= sketch.scale;
  if (space == Space::unit) normalise(sample.values.data(), sample.rows, dims);
  for (std::size_t i = 0; i < sample.rows; ++i) sketch.longest = std::max(sketch.longest, norm(sample.row(i), dims));
  sketch.contraction = leading_directions(sample, threads);

  const bool one_more = space == Space::inner && sketch.contraction.identity();
  const std::size_t width = sketch.contraction.outputs() + (one_more ? 1 : 0);
  sketch.grid.low.resize(width);  // images() asks for the width only
  std::vector<float> images(sample.rows * width);
  sample.values = as_given;
  sketch.images(sample.values.data(), sample.rows, images.data());
  sketch.grid = Grid::spanning(images, sample.rows, width);
  return sketch;
}

}  // namespace nearabout
