#include "quantize/directions.h"

#include <algorithm>
#include <cmath>

#include "base/norm.h"
#include "kernels/kernels.h"
#include "transform/pca.h"

namespace nearabout::quantize {
namespace {

std::size_t whole_panels(std::size_t count) {
  return (count + kernels::kPanelRows - 1) / kernels::kPanelRows * kernels::kPanelRows;
}

// Returns directions whose numbers are rounded to bytes, on a step for each direction.
LearntDirections round_directions(const std::vector<float>& centre, std::size_t count,
                                  const std::vector<float>& columns) {
  LearntDirections learnt;
  learnt.dims = centre.size();
  learnt.count = count;
  learnt.outputs = whole_panels(count);
  learnt.centre = centre;
  learnt.bytes.resize(columns.size());
  learnt.matrix.resize(columns.size());
  learnt.steps.resize(learnt.outputs);
  for (std::size_t o = 0; o < learnt.outputs; ++o) {
    float most = 0;
    for (std::size_t j = 0; j < learnt.dims; ++j) most = std::max(most, std::abs(columns[j * learnt.outputs + o]));
    const float step = most > 0 ? most / 127 : 1;
    learnt.steps[o] = step;
    for (std::size_t j = 0; j < learnt.dims; ++j) {
      const std::size_t place = j * learnt.outputs + o;
      learnt.bytes[place] = static_cast<std::int8_t>(std::lrint(columns[place] / step));
      learnt.matrix[place] = step * static_cast<float>(learnt.bytes[place]);
    }
  }
  return learnt;
}

}  // namespace

std::vector<float> centred(const transform::Sample& sample, const std::vector<float>& centre) {
  std::vector<float> vectors = sample.values;
  for (std::size_t i = 0; i < sample.rows; ++i)
    for (std::size_t j = 0; j < sample.dims; ++j) vectors[i * sample.dims + j] -= centre[j];
  return vectors;
}

std::vector<float> project_onto(const PrincipalDirections& principal, const std::vector<float>& centred_rows,
                                std::size_t rows, std::size_t width) {
  std::vector<float> matrix(principal.dims * width, 0.0f);
  for (std::size_t j = 0; j < principal.dims; ++j)
    for (std::size_t a = 0; a < principal.available; ++a)
      matrix[j * width + a] = static_cast<float>(principal.columns[j * principal.available + a]);
  std::vector<float> projections(rows * width);
  kernels::table().project(centred_rows.data(), rows, principal.dims, matrix.data(), width, projections.data());
  return projections;
}

float byte_step_for(const std::vector<float>& projections) {
  constexpr std::size_t kEnoughProjections = 200'000;
  constexpr float kRoomForOthers = 1.3f;
  const std::size_t step = 1 + projections.size() / kEnoughProjections;
  std::vector<float> sizes;
  for (std::size_t i = 0; i < projections.size(); i += step) sizes.push_back(std::abs(projections[i]));
  const auto place = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() - 1 - sizes.size() / 1000);
  std::nth_element(sizes.begin(), place, sizes.end());
  return std::max(*place * kRoomForOthers, 1e-30f) / 127;
}

PrincipalDirections find_directions(const transform::Sample& sample, std::size_t available, std::size_t threads) {
  PrincipalDirections principal{sample.dims, available, transform::centre_of(sample, false), {}};
  principal.columns =
      transform::principal_directions(centred(sample, principal.centre), sample.rows, sample.dims, available, threads);
  return principal;
}

LearntDirections learn_directions(const PrincipalDirections& principal, std::size_t count, std::uint64_t seed) {
  const std::size_t outputs = whole_panels(count);
  return round_directions(
      principal.centre, count,
      transform::mixed_directions(principal.columns, principal.dims, principal.available, count, outputs, seed));
}

LearntDirections coordinate_directions(const std::vector<float>& centre) {
  const std::size_t dims = centre.size();
  const std::size_t outputs = whole_panels(dims);
  std::vector<float> columns(dims * outputs, 0.0f);
  for (std::size_t j = 0; j < dims; ++j) columns[j * outputs + j] = 1;
  return round_directions(centre, dims, columns);
}

LearntDirections turned(const LearntDirections& directions, const std::vector<float>& rotation) {
  std::vector<float> columns(directions.matrix.size());
  kernels::table().project(directions.matrix.data(), directions.dims, directions.outputs, rotation.data(),
                           directions.outputs, columns.data());
  return round_directions(directions.centre, directions.count, columns);
}

void LearntDirections::project(float* vectors, std::size_t rows, float* projections, float* residual_squares) const {
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < dims; ++j) vectors[i * dims + j] -= centre[j];
  kernels::table().project(vectors, rows, dims, matrix.data(), outputs, projections);
  for (std::size_t i = 0; i < rows; ++i) {
    const double residual_square =
        squared_norm(vectors + i * dims, dims) - squared_norm(projections + i * outputs, outputs);
    residual_squares[i] = static_cast<float>(std::max(0.0, residual_square));
  }
}

std::vector<std::uint8_t> panels_of(const std::int8_t* columns, std::size_t dims, std::size_t outputs) {
  const std::size_t bytes = kernels::panel_bytes(dims);
  std::vector<std::uint8_t> panels(outputs / kernels::kPanelRows * bytes, 0);
  for (std::size_t o = 0; o < outputs; ++o) {
    std::uint8_t* const panel = panels.data() + o / kernels::kPanelRows * bytes;
    const std::size_t r = o % kernels::kPanelRows;
    for (std::size_t j = 0; j < dims; ++j)
      panel[(j / 4 * kernels::kPanelRows + r) * 4 + j % 4] = static_cast<std::uint8_t>(columns[j * outputs + o] + 128);
  }
  return panels;
}

}  // namespace nearabout::quantize
