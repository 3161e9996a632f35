#include "quantize/screen_dims.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/threads.h"
#include "kernels/kernels.h"
#include "quantize/learning_size.h"
#include "transform/pca.h"

namespace nearabout::quantize {
namespace {

using transform::Contraction;

constexpr std::size_t kSampleQueries = 48;
constexpr std::size_t kNeighbours = 10;  // k of a typical search

std::vector<float> centred_rows(const transform::Sample& sample, const std::vector<float>& centre) {
  std::vector<float> centred = sample.values;
  for (std::size_t i = 0; i < sample.rows; ++i)
    for (std::size_t j = 0; j < sample.dims; ++j) centred[i * sample.dims + j] -= centre[j];
  return centred;
}

double squared_distance(const float* a, const float* b, std::size_t begin, std::size_t end) {
  double sums[8] = {};
  std::size_t j = begin;
  for (; j + 8 <= end; j += 8)
    for (std::size_t lane = 0; lane < 8; ++lane) {
      const double difference = double{a[j + lane]} - double{b[j + lane]};
      sums[lane] += difference * difference;
    }
  for (; j < end; ++j) sums[0] += (double{a[j]} - double{b[j]}) * (double{a[j]} - double{b[j]});
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

// The sample along its principal directions; for each candidate number of directions, the remainders and the rounding
// errors.
struct Projected {
  std::vector<float> projections;  // rows x width
  std::size_t width;
  std::vector<std::vector<double>> remainders;  // for each candidate, the length of each row's remainder
  std::vector<double> code_errors;              // for each candidate

  const float* row(std::size_t i) const { return projections.data() + i * width; }
};

// Error of one byte per coordinate once the directions are mixed: the grid of a coordinate spans some 10.5 deviations,
// a step is 1/255 of that, and its rounding error is 1/sqrt(12) of a step.
constexpr double kCodeErrorShare = 10.5 / 255 / 3.4641;

Projected project_sample(const std::vector<float>& centred, const transform::Sample& sample,
                         const std::vector<double>& directions, const std::vector<std::size_t>& candidates) {
  Projected projected{{}, candidates.back(), {}, {}};
  const std::vector<float> plain(directions.begin(), directions.end());
  projected.projections.resize(sample.rows * projected.width);
  kernels::table().project(centred.data(), sample.rows, sample.dims, plain.data(), projected.width,
                           projected.projections.data());
  projected.remainders.assign(candidates.size(), std::vector<double>(sample.rows));
  std::vector<double> energies(candidates.size(), 0.0);
  for (std::size_t i = 0; i < sample.rows; ++i) {
    double whole = 0;
    for (std::size_t j = 0; j < sample.dims; ++j)
      whole += double{centred[i * sample.dims + j]} * double{centred[i * sample.dims + j]};
    double kept = 0;
    std::size_t j = 0;
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      for (; j + 1 < candidates[c]; ++j) kept += double{projected.row(i)[j]} * double{projected.row(i)[j]};
      projected.remainders[c][i] = std::sqrt(std::max(0.0, whole - kept));
      energies[c] += kept;
    }
  }
  for (const double energy : energies)
    projected.code_errors.push_back(kCodeErrorShare * std::sqrt(energy / static_cast<double>(sample.rows)));
  return projected;
}

// Returns how many rows of the sample each candidate's screen would let through, with one row of the sample as the
// query.
std::vector<std::size_t> survivors_of(const transform::Sample& sample, const Projected& projected, std::size_t query,
                                      std::size_t neighbours, const std::vector<std::size_t>& candidates) {
  std::vector<double> full(sample.rows);
  for (std::size_t i = 0; i < sample.rows; ++i)
    full[i] = squared_distance(sample.row(query), sample.row(i), 0, sample.dims);
  full[query] = std::numeric_limits<double>::infinity();
  const auto last = full.begin() + static_cast<std::ptrdiff_t>(std::min(neighbours, full.size()) - 1);
  std::nth_element(full.begin(), last, full.end());
  const double distance = std::sqrt(*last);

  std::vector<std::size_t> counts(candidates.size(), 0);
  for (std::size_t i = 0; i < sample.rows; ++i) {
    double lead = 0;
    std::size_t from = 0;
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      lead += squared_distance(projected.row(query), projected.row(i), from, candidates[c] - 1);
      from = candidates[c] - 1;
      const double remainder_gap = projected.remainders[c][query] - projected.remainders[c][i];
      const double reach = distance + 2 * projected.code_errors[c];
      counts[c] += i != query && lead + remainder_gap * remainder_gap <= reach * reach;
    }
  }
  return counts;
}

// Returns the estimated nanoseconds for a query over `rows` rows on one thread, as measured on AVX-512; only ratios
// matter. The cost of a code is reading its bytes (more than in a batch, where they are in cache, less than in a single
// query, where they are not) and handling its score. A survivor is compared in full; and a screen that lets many rows
// through in the end lets even more through earlier, while the threshold is still falling.
double cost(std::size_t rows, std::size_t dims, std::size_t outputs, double survivors, bool integers) {
  const double n = static_cast<double>(rows);
  const double d = static_cast<double>(dims);
  const double o = static_cast<double>(outputs);
  const double projection = outputs == dims ? 0 : 0.03 * d * o;
  const double comparison = 40 + (integers ? 0.06 : 0.2) * d + 20 * (1 + std::log(1 + n / 2048));
  return projection + n * (0.15 + 0.006 * o) + survivors * comparison;
}

}  // namespace

std::vector<std::size_t> screen_candidates(std::size_t dims, std::size_t sample_rows) {
  return worthwhile_directions({32, 48, 64, 96, 128, 160, 192, 256, 320, 384}, dims, sample_rows);
}

Contraction choose_contraction(const transform::Sample& sample, std::size_t rows, bool integers, std::size_t threads,
                               const Monitor& monitor) {
  std::vector<float> centre = transform::centre_of(sample, integers);
  const std::size_t dims = sample.dims;
  const std::vector<std::size_t> candidates = screen_candidates(dims, sample.rows);
  if (candidates.empty()) return Contraction(std::move(centre));

  const std::vector<float> centred = centred_rows(sample, centre);
  const std::vector<double> directions =
      transform::principal_directions(centred, sample.rows, dims, candidates.back(), threads);
  report(monitor, 0.1);
  const Projected projected = project_sample(centred, sample, directions, candidates);

  const std::size_t neighbours = std::max<std::size_t>(1, (kNeighbours * sample.rows + rows - 1) / rows);
  const std::size_t queries = std::min(kSampleQueries, sample.rows);
  std::vector<std::vector<std::size_t>> counts(queries);
  parallel_for(queries, 1, threads, [&](std::size_t begin, std::size_t, std::size_t) {
    counts[begin] = survivors_of(sample, projected, begin * sample.rows / queries, neighbours, candidates);
  });
  report(monitor, 0.2);

  double best_cost = cost(rows, dims, dims, 1.5 * kNeighbours, integers);
  std::size_t best = dims;
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    double survivors = 0;
    for (const auto& of_query : counts) survivors += static_cast<double>(of_query[c]);
    const double fraction = survivors / static_cast<double>(queries * sample.rows);
    const double candidate_cost = cost(rows, dims, candidates[c], fraction * static_cast<double>(rows), integers);
    if (candidate_cost < best_cost) {
      best_cost = candidate_cost;
      best = candidates[c];
    }
  }
  if (best == dims) return Contraction(std::move(centre));
  return Contraction(std::move(centre),
                     transform::mixed_directions(directions, dims, candidates.back(), best - 1, best), best);
}

Contraction choose_rough_contraction(const transform::Sample& sample, bool integers, std::size_t threads) {
  constexpr std::size_t kDimsAsTheyAre = 384;  // of which products take less time than to find and apply directions
  constexpr double kRoughlyLeftOut = 0.15;     // fraction of the variance
  std::vector<float> centre = transform::centre_of(sample, integers);
  const std::vector<float> centred = sample.dims > kDimsAsTheyAre ? centred_rows(sample, centre) : std::vector<float>{};
  for (const std::size_t count : {std::size_t{128}, std::size_t{256}}) {
    if (sample.dims <= kDimsAsTheyAre || count * 4 > sample.rows) break;
    const std::vector<double> directions =
        transform::principal_directions(centred, sample.rows, sample.dims, count, threads);
    const Projected projected = project_sample(centred, sample, directions, {count});
    double left_out = 0;
    for (const double remainder : projected.remainders[0]) left_out += remainder * remainder;
    double all = 0;
    for (const float value : centred) all += double{value} * double{value};
    if (left_out <= kRoughlyLeftOut * all || count == 256)
      return Contraction(std::move(centre),
                         transform::mixed_directions(directions, sample.dims, count, count - 1, count), count);
  }
  return Contraction(std::move(centre));
}

}  // namespace nearabout::quantize
