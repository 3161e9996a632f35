#include "transform/sample.h"

#include <algorithm>
#include <cmath>

#include "base/spread_rows.h"

namespace nearabout::transform {

Sample take_sample(const RowReader& read, std::size_t rows, std::size_t dims, std::size_t wanted) {
  Sample sample{{}, std::min(rows, wanted), dims};
  sample.values.resize(sample.rows * dims);
  for (std::size_t i = 0; i < sample.rows; ++i) {
    const std::size_t row = spread_row(i, sample.rows, rows);
    read(row, row + 1, sample.values.data() + i * dims);
  }
  return sample;
}

Sample without_far_rows(const Sample& sample) {
  constexpr double kFarNorm = 16;
  constexpr std::size_t kOneIn = 20;
  if (sample.rows < kOneIn) return sample;
  std::vector<double> distances(sample.rows, 0.0);
  std::vector<float> column(sample.rows);
  const auto middle = column.begin() + static_cast<std::ptrdiff_t>(sample.rows / 2);
  for (std::size_t j = 0; j < sample.dims; ++j) {
    for (std::size_t i = 0; i < sample.rows; ++i) column[i] = sample.row(i)[j];
    std::nth_element(column.begin(), middle, column.end());
    for (std::size_t i = 0; i < sample.rows; ++i) {
      const double off = double{sample.row(i)[j]} - double{*middle};
      distances[i] += off * off;
    }
  }
  std::vector<double> sorted = distances;
  std::sort(sorted.begin(), sorted.end());
  const double far =
      std::max(kFarNorm * kFarNorm * sorted[sample.rows / 2], sorted[sample.rows - 1 - sample.rows / kOneIn]);
  if (!(sorted.back() > far)) return sample;
  Sample kept{{}, 0, sample.dims};
  for (std::size_t i = 0; i < sample.rows; ++i) {
    if (!(distances[i] <= far)) continue;
    kept.values.insert(kept.values.end(), sample.row(i), sample.row(i) + sample.dims);
    ++kept.rows;
  }
  return kept;
}

float scale_for(const Sample& sample) {
  constexpr double kMaxExponent = 126;  // 2^128 is not a float: vectors of subnormal numbers stay small
  float largest = 0;
  for (const float value : sample.values) largest = std::max(largest, std::abs(value));
  if (largest == 0 || (largest < 1e9f && largest > 1e-9f)) return 1;
  return static_cast<float>(std::exp2(std::min(kMaxExponent, -std::floor(std::log2(double{largest})))));
}

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

}  // namespace nearabout::transform
