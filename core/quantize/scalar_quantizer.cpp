#include "quantize/scalar_quantizer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "base/threads.h"
#include "quantize/packed_numbers.h"
#include "storage/numbers.h"

namespace nearabout::quantize {
namespace {

using storage::Section;
using storage::SectionId;
using transform::Sample;

constexpr std::size_t kRangeSampleRows = 16'384;
// Fractions of the numbers that a range leaves out at each end: those tried. What is outside is rounded to the end.
constexpr std::array kLeftOutAtEnds = {0.0, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04};

struct Range {
  float lowest = 0;
  float step = 0;
};

class ScalarCodec final : public Codec {
 public:
  ScalarCodec(std::vector<Range> ranges, std::size_t bits)
      : Codec(ranges.size()), ranges_(std::move(ranges)), bits_(bits) {}

  std::size_t code_bytes() const override { return packed_bytes(dims(), bits_); }

  void encode(const float* vectors, std::size_t count, std::uint8_t* codes) const override {
    const float most = static_cast<float>((1u << bits_) - 1);
    std::vector<std::uint8_t> numbers(dims());
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < dims(); ++j) {
        const Range& range = ranges_[j];
        const float steps = range.step > 0 ? (vectors[i * dims() + j] - range.lowest) / range.step : 0;
        numbers[j] = static_cast<std::uint8_t>(std::min(most + 0.5f, std::max(0.0f, steps + 0.5f)));
      }
      pack_numbers(numbers.data(), dims(), bits_, codes + i * code_bytes());
    }
  }

  void decode(const std::uint8_t* codes, std::size_t count, float* vectors) const override {
    std::vector<std::uint8_t> numbers(dims());
    for (std::size_t i = 0; i < count; ++i) {
      unpack_numbers(codes + i * code_bytes(), dims(), bits_, numbers.data());
      for (std::size_t j = 0; j < dims(); ++j)
        vectors[i * dims() + j] = ranges_[j].lowest + ranges_[j].step * static_cast<float>(numbers[j]);
    }
  }

  void write(storage::Writer& writer) const override {
    std::vector<float> numbers;
    for (const Range& range : ranges_) numbers.push_back(range.lowest);
    for (const Range& range : ranges_) numbers.push_back(range.step);
    writer.add<float>(SectionId::quantizer_ranges, {2, dims()}, numbers);
  }

 private:
  std::vector<Range> ranges_;
  std::size_t bits_;
};

// Returns what rounding to a range loses of some numbers.
double loss_of(const std::vector<float>& numbers, const Range& range, float most) {
  double loss = 0;
  for (const float number : numbers) {
    const float steps = range.step > 0 ? std::nearbyint((number - range.lowest) / range.step) : 0;
    const double off = double{number} - double{range.lowest + range.step * std::clamp(steps, 0.0f, most)};
    loss += off * off;
  }
  return loss;
}

// Returns the range of sorted numbers that leaves out a fraction of them at each end.
Range range_without(const std::vector<float>& sorted, double left_out, float most) {
  const std::size_t out = static_cast<std::size_t>(left_out * static_cast<double>(sorted.size()));
  const float lowest = sorted[out];
  return {lowest, (sorted[sorted.size() - 1 - out] - lowest) / most};
}

std::vector<float> sorted_column(const Sample& sample, std::size_t dimension) {
  std::vector<float> column(sample.rows);
  for (std::size_t i = 0; i < sample.rows; ++i) column[i] = sample.row(i)[dimension];
  std::sort(column.begin(), column.end());
  return column;
}

std::unique_ptr<const Codec> learn(const Sample& sample, QuantizerSettings& settings, std::size_t threads,
                                   const Monitor& monitor) {
  const float most = static_cast<float>((1u << settings.bits) - 1);
  std::vector<Range> ranges(sample.dims);
  std::vector<std::array<Range, kLeftOutAtEnds.size()>> tried(sample.dims);
  std::vector<std::array<double, kLeftOutAtEnds.size()>> losses(sample.dims);
  parallel_for(
      sample.dims, 1, thread_count(threads),
      [&](std::size_t j, std::size_t, std::size_t) {
        const std::vector<float> column = sorted_column(sample, j);
        for (std::size_t t = 0; t < kLeftOutAtEnds.size(); ++t) {
          tried[j][t] = range_without(column, kLeftOutAtEnds[t], most);
          losses[j][t] = loss_of(column, tried[j][t], most);
        }
        const auto best = std::min_element(losses[j].begin(), losses[j].end()) - losses[j].begin();
        ranges[j] = tried[j][static_cast<std::size_t>(best)];
      },
      monitor);
  if (settings.one_step == 0) return std::make_unique<ScalarCodec>(std::move(ranges), settings.bits);
  // One step for all: the mean of the steps, and multiples of it, whichever loses least.
  double mean = 0;
  for (const Range& range : ranges) mean += double{range.step} / static_cast<double>(sample.dims);
  constexpr std::array kMultiples = {0.5, 0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0};
  std::array<double, kMultiples.size()> totals{};
  const auto with_step = [&](std::size_t j, double step) {
    const float middle = ranges[j].lowest + ranges[j].step * most / 2;
    return Range{middle - static_cast<float>(step) * most / 2, static_cast<float>(step)};
  };
  for (std::size_t j = 0; j < sample.dims; ++j) {
    const std::vector<float> column = sorted_column(sample, j);
    for (std::size_t m = 0; m < kMultiples.size(); ++m)
      totals[m] += loss_of(column, with_step(j, mean * kMultiples[m]), most);
  }
  const auto best = static_cast<std::size_t>(std::min_element(totals.begin(), totals.end()) - totals.begin());
  for (std::size_t j = 0; j < sample.dims; ++j) ranges[j] = with_step(j, mean * kMultiples[best]);
  return std::make_unique<ScalarCodec>(std::move(ranges), settings.bits);
}

std::unique_ptr<const Codec> read(const storage::File& file, std::size_t dims, const QuantizerSettings& settings) {
  if (settings.bits != 4 && settings.bits != 6 && settings.bits != 8)
    storage::throw_count(file, file.section(SectionId::quantizer_header), kBits, "4, 6 or 8 bits", settings.bits);
  const Section& section = file.section(SectionId::quantizer_ranges);
  section.expect(Element::f32, {2, dims});
  const std::span<const float> numbers = storage::finite_floats(file, section);
  std::vector<Range> ranges(dims);
  for (std::size_t j = 0; j < dims; ++j) {
    if (numbers[dims + j] < 0)
      storage::throw_number(file, section, dims + j, "a step that is not negative", double{numbers[dims + j]});
    ranges[j] = {numbers[j], numbers[dims + j]};
  }
  return std::make_unique<ScalarCodec>(std::move(ranges), settings.bits);
}

}  // namespace

QuantizerMethod scalar_method() {
  return {4, "SQ", [](const QuantizerSettings&) { return kRangeSampleRows; }, learn, read};
}

}  // namespace nearabout::quantize
