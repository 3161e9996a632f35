// Choosing a contraction by measurement, then coding all rows.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/threads.h"
#include "kernels/kernels.h"
#include "quantize/principal.h"
#include "quantize/screen.h"

namespace nearabout {
namespace {

constexpr std::size_t kFewRows = 512;
constexpr std::size_t kFewDims = 16;
constexpr std::size_t kSampleRows = 4096;
constexpr std::size_t kSampleQueries = 48;
constexpr std::size_t kNeighbours = 10;  // what a typical search asks for
constexpr std::size_t kRowsAtATime = 128;
constexpr double kOffsetRoom = 0x1p-21;     // relative: an offset is rounded here, and in the sum of a mark
constexpr double kErrorRoom = 1 + 0x1p-20;  // the same for an error

// Rows spread evenly over all, widened.
struct Sample {
  std::vector<float> values;
  std::size_t rows;
  std::size_t dims;
  const float* row(std::size_t i) const { return values.data() + i * dims; }
};

Sample take_sample(const RowReader& read, std::size_t rows, std::size_t dims, Space space) {
  Sample sample{{}, std::min(rows, kSampleRows), dims};
  sample.values.resize(sample.rows * dims);
  for (std::size_t i = 0; i < sample.rows; ++i) {
    const std::size_t row = i * rows / sample.rows;
    read(row, row + 1, sample.values.data() + i * dims);
  }
  if (space == Space::unit) normalise(sample.values.data(), sample.rows, dims);
  return sample;
}

// Whether squares and their sums stay well inside the range of floats.
bool fits_floats(const Sample& sample) {
  float largest = 0;
  for (const float value : sample.values) largest = std::max(largest, std::abs(value));
  return largest < 1e15f && largest > 1e-15f;
}

// The mean; whole numbers for integer rows, so that their differences from it are exact.
std::vector<float> centre_of(const Sample& sample, bool whole) {
  std::vector<double> sums(sample.dims, 0.0);
  for (std::size_t i = 0; i < sample.rows; ++i)
    for (std::size_t j = 0; j < sample.dims; ++j) sums[j] += double{sample.row(i)[j]};
  std::vector<float> centre;
  for (const double sum : sums) {
    const double mean = sum / static_cast<double>(sample.rows);
    centre.push_back(static_cast<float>(whole ? std::nearbyint(mean) : mean));
  }
  return centre;
}

std::vector<std::size_t> candidate_outputs(std::size_t dims, std::size_t rows) {
  std::vector<std::size_t> candidates;
  for (const std::size_t outputs : {32u, 48u, 64u, 96u, 128u, 160u, 192u, 256u, 320u, 384u})
    if (outputs * 5 <= dims * 4 && outputs * 4 <= rows) candidates.push_back(outputs);
  return candidates;
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

// The sample along its principal directions, and what each number of kept directions leaves out and costs in rounding.
struct Projected {
  std::vector<float> images;  // rows x width
  std::size_t width;
  std::vector<std::vector<double>> remainders;  // for each candidate, the length of what is left of each row
  std::vector<double> code_errors;              // for each candidate

  const float* row(std::size_t i) const { return images.data() + i * width; }
};

// A byte a coordinate, once the directions are mixed: the grid of a coordinate spans some 10.5 deviations, a
// step is 1/255 of that, and its rounding 1/sqrt(12) of a step.
constexpr double kCodeErrorShare = 10.5 / 255 / 3.4641;

Projected project_sample(const std::vector<float>& centred, const Sample& sample, const std::vector<double>& directions,
                         const std::vector<std::size_t>& candidates) {
  Projected projected{{}, candidates.back(), {}, {}};
  const std::vector<float> plain(directions.begin(), directions.end());
  projected.images.resize(sample.rows * projected.width);
  kernels::table().project(centred.data(), sample.rows, sample.dims, plain.data(), projected.width,
                           projected.images.data());
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

// How many rows of the sample each candidate's screen would let through for one row of it as the query.
std::vector<std::size_t> survivors_of(const Sample& sample, const Projected& projected, std::size_t query,
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
      const double rest = projected.remainders[c][query] - projected.remainders[c][i];
      const double reach = distance + 2 * projected.code_errors[c];
      counts[c] += i != query && lead + rest * rest <= reach * reach;
    }
  }
  return counts;
}

// Nanoseconds for a query over `rows` rows, one thread, as measured on AVX-512; only ratios matter. A code costs its
// bytes (more than in a batch, where they are in cache, less than in a single query, where they are not) and the
// handling of its mark. A survivor is compared in full; and a screen that lets many through in the end lets through
// more on the way, while the threshold falls.
double cost(std::size_t rows, std::size_t dims, std::size_t outputs, double survivors, bool integers) {
  const double n = static_cast<double>(rows);
  const double d = static_cast<double>(dims);
  const double o = static_cast<double>(outputs);
  const double projection = outputs == dims ? 0 : 0.03 * d * o;
  const double comparison = 40 + (integers ? 0.06 : 0.2) * d + 20 * (1 + std::log(1 + n / 2048));
  return projection + n * (0.15 + 0.006 * o) + survivors * comparison;
}

Contraction choose_contraction(const Sample& sample, std::size_t rows, bool integers, std::size_t threads,
                               const Monitor& monitor) {
  std::vector<float> centre = centre_of(sample, integers);
  const std::size_t dims = sample.dims;
  const std::vector<std::size_t> candidates = candidate_outputs(dims, sample.rows);
  if (candidates.empty()) return Contraction(std::move(centre));

  std::vector<float> centred = sample.values;
  for (std::size_t i = 0; i < sample.rows; ++i)
    for (std::size_t j = 0; j < dims; ++j) centred[i * dims + j] -= centre[j];
  const std::vector<double> directions = principal_directions(centred, sample.rows, dims, candidates.back(), threads);
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
    const double share = survivors / static_cast<double>(queries * sample.rows);
    const double candidate_cost = cost(rows, dims, candidates[c], share * static_cast<double>(rows), integers);
    if (candidate_cost < best_cost) {
      best_cost = candidate_cost;
      best = candidates[c];
    }
  }
  if (best == dims) return Contraction(std::move(centre));
  return Contraction(std::move(centre), mixed_directions(directions, dims, candidates.back(), best - 1, best), best);
}

// Codes and terms of all rows, and how far each row is from its code.
class Coder {
 public:
  Coder(const RowReader& read, Screen& screen, std::size_t rows, bool keep_codes)
      : read_(read),
        screen_(screen),
        outputs_(screen.contraction.outputs()),
        errors_(rows),
        spreads_(rows),
        images_(rows) {
    built_.terms.resize(2 * rows);
    built_.codes.resize(keep_codes ? rows * outputs_ : 0);
  }

  void code(std::size_t begin, std::size_t end) {
    const std::size_t dims = screen_.contraction.dims();
    const std::size_t count = end - begin;
    std::vector<float> vectors(count * dims);
    read_(begin, end, vectors.data());
    if (screen_.space == Space::unit) normalise(vectors.data(), count, dims);
    std::vector<float> images(count * outputs_);
    std::vector<double> errors(count);
    screen_.contraction.apply(vectors.data(), count, true, images.data(), errors.data());
    std::vector<std::uint8_t> codes(outputs_);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint8_t* target = built_.codes.empty() ? codes.data() : built_.codes.data() + (begin + i) * outputs_;
      code_one(begin + i, images.data() + i * outputs_, errors[i], target);
    }
  }

  // Measures the errors by what is usual. Nothing where numbers are so large that floats cannot hold the terms.
  std::optional<BuiltScreen> finish() {
    const std::size_t rows = errors_.size();
    screen_.usual_error = median_or_one(errors_);
    screen_.usual_spread = median_or_one(spreads_);
    screen_.largest_image = *std::max_element(images_.begin(), images_.end());
    for (std::size_t row = 0; row < rows; ++row) {
      const double error = std::max(errors_[row] / screen_.usual_error, spreads_[row] / screen_.usual_spread);
      built_.terms[rows + row] = static_cast<float>(error * kErrorRoom);
    }
    if (!(screen_.largest_image < kLargestScreened) ||
        !std::all_of(built_.terms.begin(), built_.terms.end(), [](float term) { return std::isfinite(term); }))
      return std::nullopt;
    built_.screen = std::move(screen_);
    return std::move(built_);
  }

 private:
  void code_one(std::size_t row, const float* image, double error, std::uint8_t* codes) {
    const Grid& grid = screen_.grid;
    grid.encode(image, codes);
    double off = 0;
    double spread = 0;
    double kept = 0;
    double whole = 0;
    for (std::size_t j = 0; j < outputs_; ++j) {
      const double value = double{grid.low[j]} + double{grid.step[j]} * codes[j];
      const double from_middle = codes[j] - double{grid.middle[j]};
      off += (double{image[j]} - value) * (double{image[j]} - value);
      spread += from_middle * from_middle;
      kept += value * value;
      whole += double{image[j]} * double{image[j]};
    }
    constexpr double margin = 1 + 1e-9;  // sums in double are off by far less
    errors_[row] = (std::sqrt(off) + error) * margin;
    spreads_[row] = std::sqrt(spread) * margin;
    images_[row] = std::sqrt(whole) * margin + error;
    const double offset = kept - errors_[row] * errors_[row];
    built_.terms[row] =
        screen_.space == Space::inner ? 0.0f : static_cast<float>(offset - kOffsetRoom * std::abs(offset));
  }

  // Exact codes have no error at all: any unit will do to measure zeros by.
  static double median_or_one(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle > 0 && std::isfinite(*middle) ? *middle : 1.0;
  }

  const RowReader& read_;
  Screen& screen_;
  std::size_t outputs_;
  std::vector<double> errors_, spreads_, images_;
  BuiltScreen built_;
};

}  // namespace

std::optional<BuiltScreen> build_screen(const RowReader& read, std::size_t rows, std::size_t dims, Element stored,
                                        Space space, std::size_t threads, const Monitor& monitor) {
  if (rows < kFewRows || dims < kFewDims) return std::nullopt;
  const bool integers = (stored == Element::u8 || stored == Element::i8) && space != Space::unit;
  const Sample sample = take_sample(read, rows, dims, space);
  if (!fits_floats(sample)) return std::nullopt;

  Screen screen;
  screen.space = space;
  screen.contraction = choose_contraction(sample, rows, integers, threads, monitor);
  const bool own_codes = !(integers && screen.contraction.identity());
  if (own_codes) {
    std::vector<float> images(sample.rows * screen.contraction.outputs());
    std::vector<double> errors(sample.rows);
    screen.contraction.apply(sample.values.data(), sample.rows, true, images.data(), errors.data());
    screen.grid = Grid::spanning(images, sample.rows, screen.contraction.outputs());
  } else {
    screen.grid = Grid::of_integers(screen.contraction.centre(), stored == Element::u8 ? 0.0f : -128.0f);
  }

  Coder coder(read, screen, rows, own_codes);
  parallel_for(
      rows, kRowsAtATime, threads, [&](std::size_t begin, std::size_t end, std::size_t) { coder.code(begin, end); },
      [&](double share) { report(monitor, 0.2 + 0.8 * share); });
  return coder.finish();
}

}  // namespace nearabout
