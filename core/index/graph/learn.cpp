#include "index/graph/learn.h"

#include <algorithm>

#include "quantize/byte_centroids.h"
#include "transform/fit_metric_transform.h"
#include "transform/transformed_reader.h"

namespace nearabout::graph {
namespace {

constexpr std::size_t kLearningRows = 4'096;
constexpr std::size_t kDirectionStep = 32;  // numbers of directions that are tried are its multiples
constexpr double kLeftOut = 0.03;           // fraction of the variance that the directions may leave out

std::size_t padded(std::size_t count) { return (count + kDirectionStep - 1) / kDirectionStep * kDirectionStep; }

// Returns the fewest directions, in steps, that leave out hardly any of the variance.
std::size_t enough_directions(const transform::Sample& sample, const quantize::PrincipalDirections& principal) {
  const std::size_t width = padded(principal.available);
  const std::vector<float> centred = quantize::centred(sample, principal.centre);
  const std::vector<float> projections = quantize::project_onto(principal, centred, sample.rows, width);
  double all = 0;
  for (const float value : centred) all += double{value} * double{value};
  double kept = 0;
  for (std::size_t count = kDirectionStep; count < width; count += kDirectionStep) {
    for (std::size_t i = 0; i < sample.rows; ++i)
      for (std::size_t a = count - kDirectionStep; a < count; ++a)
        kept += double{projections[i * width + a]} * double{projections[i * width + a]};
    if (kept >= (1 - kLeftOut) * all) return count;
  }
  return width;
}

// Returns the step of the bytes of projections.
float step_of(const transform::Sample& sample, const quantize::LearntDirections& directions) {
  std::vector<float> vectors = sample.values;
  std::vector<float> projections(sample.rows * directions.outputs);
  std::vector<float> rests(sample.rows);
  directions.project(vectors.data(), sample.rows, projections.data(), rests.data());
  return quantize::byte_step_for(projections);
}

}  // namespace

quantize::LearningSize direction_learning(std::size_t rows, std::size_t dims) {
  const std::size_t sample_rows = std::min(rows, kLearningRows);
  return {sample_rows, std::min({dims, sample_rows, quantize::kMaxByteDims})};
}

LearntGraph learn(const transform::RowReader& read, std::size_t rows, std::size_t dims, transform::CodeSpace space,
                  const GraphOptions& options, std::size_t threads) {
  LearntGraph learnt;
  learnt.transform = transform::fit_metric_transform(read, rows, dims, space, threads);
  const transform::TransformedReader transformed(read, learnt.transform);
  const std::size_t outputs = learnt.transform.outputs();
  const quantize::LearningSize size = direction_learning(rows, outputs);
  const transform::Sample sample =
      transform::without_far_rows(transform::take_sample(transformed, rows, outputs, size.sample_rows));
  const std::size_t available = std::min(size.max_directions, sample.rows);
  const quantize::PrincipalDirections principal = quantize::find_directions(sample, available, threads);
  const std::size_t directions = enough_directions(sample, principal);
  learnt.shape = {directions, options.code_bits};
  learnt.directions = quantize::learn_directions(principal, std::min(directions, available), options.seed);
  learnt.point_step = step_of(sample, learnt.directions);
  return learnt;
}

}  // namespace nearabout::graph
