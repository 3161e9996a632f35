// The distribution of a group's rows (a list or a leaf) around its centroid: their squared distances from it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "base/number_order.h"

namespace nearabout::calibration {

// Summarizes most rows by a median and a variance, from the quartiles; a few rows that are much farther away, which
// these would hide, by their number and their median.
struct ResidualSummary {
  float median = 0, variance = 0, far_rows = 0, far_median = 0;
};
inline constexpr std::size_t kResidualNumbers = 4;

// Summarizes `residuals`, and sorts them.
inline ResidualSummary summarize_residuals(std::vector<float>& residuals) {
  constexpr float kLargest = 1e30f;
  constexpr float kQuartileRange = 1.349f;  // interquartile range of a normal distribution, in deviations
  constexpr float kFarDeviations = 6;       // deviations above the median; far rows are also above twice the median
  const std::size_t count = residuals.size();
  if (count == 0) return {};
  std::sort(residuals.begin(), residuals.end(), NanLast{});
  const float median = residuals[count / 2];
  const float deviation = (residuals[3 * count / 4] - residuals[count / 4]) / kQuartileRange;
  const float far = std::max(median + kFarDeviations * deviation, 2 * median);
  const auto first = std::upper_bound(residuals.begin(), residuals.end(), far, NanLast{});
  const auto far_rows = static_cast<std::size_t>(residuals.end() - first);
  ResidualSummary summary{std::min(median, kLargest), std::min(deviation * deviation, kLargest),
                          static_cast<float>(far_rows), 0};
  if (far_rows > 0) summary.far_median = std::min(*(first + static_cast<std::ptrdiff_t>(far_rows / 2)), kLargest);
  return summary;
}

}  // namespace nearabout::calibration
