// Encodes all rows with the chosen contraction.
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "base/threads.h"
#include "quantize/learning_size.h"
#include "quantize/screen.h"
#include "quantize/screen_dims.h"

namespace nearabout::quantize {
namespace {

using transform::CodeSpace;

constexpr std::size_t kFewRows = 512;
constexpr std::size_t kFewDims = 16;
constexpr std::size_t kScreenSampleRows = 4096;
constexpr std::size_t kRoughSampleRows = 1024;
constexpr std::size_t kScreenedRows = 128;
constexpr std::size_t kStoredRows = 16'384;  // rows encoded before they are stored
constexpr double kOffsetRoom = 0x1p-21;      // relative: an offset is rounded here, and in the sum of a score
constexpr double kErrorRoom = 1 + 0x1p-20;   // same for an error

// Returns true if squares and their sums stay well inside the range of floats. (Numbers whose squares are too small for
// floats do not matter: the query's bound has room for them.)
bool fits_floats(const transform::Sample& sample) {
  float largest = 0;
  for (const float value : sample.values) largest = std::max(largest, std::abs(value));
  return largest < 1e15f;
}

// Encodes all rows, one block at a time, and computes their terms and the distance of each row from its code.
class Coder {
 public:
  Coder(const transform::RowReader& read, Screen& screen, std::size_t rows, bool keep_codes, const std::string* scratch)
      : read_(read), screen_(screen), outputs_(screen.contraction.outputs()), errors_(rows), spreads_(rows) {
    built_.terms.resize(2 * rows);
    if (!keep_codes) return;
    built_.codes.emplace(outputs_, scratch);
    built_.codes->reserve(rows);
  }

  void run(std::size_t threads, const Monitor& monitor) {
    const std::size_t rows = errors_.size();
    codes_.resize(std::min(kStoredRows, rows) * outputs_);
    projections_.assign(threads, 0.0);
    for (std::size_t begin = 0; begin < rows; begin += kStoredRows) {
      report(monitor, static_cast<double>(begin) / static_cast<double>(rows));
      const std::size_t count = std::min(kStoredRows, rows - begin);
      parallel_for(count, kScreenedRows, threads, [&](std::size_t first, std::size_t last, std::size_t worker) {
        code(begin, first, last, projections_[worker]);
      });
      if (built_.codes) built_.codes->append(std::as_bytes(std::span(codes_.data(), count * outputs_)));
    }
  }

  // Converts the errors to multiples of their typical values. Returns nullopt if numbers are so large that floats
  // cannot hold the terms.
  std::optional<BuiltScreen> finish() {
    const std::size_t rows = errors_.size();
    screen_.typical_error = median_or_one(errors_);
    screen_.typical_spread = median_or_one(spreads_);
    screen_.largest_projection = *std::max_element(projections_.begin(), projections_.end());
    for (std::size_t row = 0; row < rows; ++row) {
      const double error = std::max(errors_[row] / screen_.typical_error, spreads_[row] / screen_.typical_spread);
      built_.terms[rows + row] = static_cast<float>(error * kErrorRoom);
    }
    if (!(screen_.largest_projection < kLargestScreened) ||
        !std::all_of(built_.terms.begin(), built_.terms.end(), [](float term) { return std::isfinite(term); }))
      return std::nullopt;
    built_.screen = std::move(screen_);
    return std::move(built_);
  }

 private:
  // Encodes rows begin + first .. begin + last - 1 of the block that starts at `begin`.
  void code(std::size_t begin, std::size_t first, std::size_t last, double& largest_projection) {
    const std::size_t dims = screen_.contraction.dims();
    const std::size_t count = last - first;
    std::vector<float> vectors(count * dims);
    read_(begin + first, begin + last, vectors.data());
    if (screen_.space == CodeSpace::cosine) transform::normalise(vectors.data(), count, dims);
    std::vector<float> projections(count * outputs_);
    std::vector<double> errors(count);
    screen_.contraction.apply(vectors.data(), count, true, projections.data(), errors.data());
    for (std::size_t i = 0; i < count; ++i) {
      const double projection = code_one(begin + first + i, projections.data() + i * outputs_, errors[i],
                                         codes_.data() + (first + i) * outputs_);
      largest_projection = std::max(largest_projection, projection);
    }
  }

  // Encodes one row; returns a bound of the length of its projection.
  double code_one(std::size_t row, const float* projection, double error, std::uint8_t* codes) {
    const Grid& grid = screen_.grid;
    grid.encode(projection, codes);
    double off = 0;
    double spread = 0;
    double kept = 0;
    double whole = 0;
    for (std::size_t j = 0; j < outputs_; ++j) {
      const double value = double{grid.low[j]} + double{grid.step[j]} * codes[j];
      const double from_middle = codes[j] - double{grid.middle[j]};
      off += (double{projection[j]} - value) * (double{projection[j]} - value);
      spread += from_middle * from_middle;
      kept += value * value;
      whole += double{projection[j]} * double{projection[j]};
    }
    constexpr double margin = 1 + 1e-9;  // far more than the rounding of sums in double
    errors_[row] = number_or_infinity((std::sqrt(off) + error) * margin);
    spreads_[row] = number_or_infinity(std::sqrt(spread) * margin);
    const double offset = kept - errors_[row] * errors_[row];
    built_.terms[row] =
        screen_.space == CodeSpace::inner_product ? 0.0f : static_cast<float>(offset - kOffsetRoom * std::abs(offset));
    return number_or_infinity(std::sqrt(whole) * margin + error);
  }

  // Replaces NaN, which results from numbers too large for floats and cannot be sorted, by infinity.
  static double number_or_infinity(double number) {
    return number < std::numeric_limits<double>::infinity() ? number : std::numeric_limits<double>::infinity();
  }

  // Returns the median, or 1 if it is zero: exact codes have no error at all, so any unit will do.
  static double median_or_one(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle > 0 && std::isfinite(*middle) ? *middle : 1.0;
  }

  const transform::RowReader& read_;
  Screen& screen_;
  std::size_t outputs_;
  std::vector<double> errors_, spreads_;
  std::vector<double> projections_;  // longest projection seen by each thread
  std::vector<std::uint8_t> codes_;  // codes of one block
  BuiltScreen built_;
};

}  // namespace

LearningSize screen_learning(std::size_t rows, std::size_t dims) {
  if (rows < kFewRows || dims < kFewDims) return {};
  const std::size_t sample_rows = std::min(rows, kScreenSampleRows);
  const std::vector<std::size_t> candidates = screen_candidates(dims, sample_rows);
  return {sample_rows, candidates.empty() ? 0 : candidates.back()};
}

std::optional<BuiltScreen> build_screen(const transform::RowReader& read, std::size_t rows, std::size_t dims,
                                        Element stored, CodeSpace space, ScreenCare care, const std::string* scratch,
                                        std::size_t threads, const Monitor& monitor) {
  LearningSize size = screen_learning(rows, dims);
  if (care == ScreenCare::rough) size.sample_rows = std::min(size.sample_rows, kRoughSampleRows);
  if (size.sample_rows == 0) return std::nullopt;
  const bool integers = is_byte(stored) && space != CodeSpace::cosine;
  transform::Sample sample = transform::take_sample(read, rows, dims, size.sample_rows);
  if (space == CodeSpace::cosine) transform::normalise(sample.values.data(), sample.rows, dims);
  if (!fits_floats(sample)) return std::nullopt;
  sample = transform::without_far_rows(sample);

  Screen screen;
  screen.space = space;
  screen.contraction = care == ScreenCare::rough ? choose_rough_contraction(sample, integers, threads)
                                                 : choose_contraction(sample, rows, integers, threads, monitor);
  const bool own_codes = !(integers && screen.contraction.identity());
  if (own_codes) {
    std::vector<float> projections(sample.rows * screen.contraction.outputs());
    std::vector<double> errors(sample.rows);
    screen.contraction.apply(sample.values.data(), sample.rows, true, projections.data(), errors.data());
    screen.grid = Grid::spanning(projections, sample.rows, screen.contraction.outputs());
  } else {
    screen.grid = Grid::of_integers(screen.contraction.centre(), stored == Element::u8 ? 0.0f : -128.0f);
  }

  Coder coder(read, screen, rows, own_codes, scratch);
  coder.run(threads, subprogress(monitor, 0.2, 1.0));
  return coder.finish();
}

}  // namespace nearabout::quantize
