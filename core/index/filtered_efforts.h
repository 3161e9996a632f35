// The efforts of a search with a filter for a target recall. If one in n rows is allowed, the k nearest allowed rows
// are spread among the n k nearest rows, and finding as large a fraction of those takes the effort that calibration
// measured for n k neighbours. What counts is the fraction near the query, not in the whole table, because filters and
// queries are often related: each query measures it in the rows that it would look at without a filter.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "index/calibration/calibration.h"

namespace nearabout::index {

// Returns true if `rank`, how many of all rows are as near as the k-th allowed one, is more than chance explains where
// a fraction of the rows is allowed: the filter is related to the distance from the query.
inline bool is_farther_down(std::size_t rank, std::size_t k, double fraction) {
  constexpr double kDeviations = 2.5;  // of the negative binomial distribution
  const auto wanted = static_cast<double>(k);
  const double expected = wanted / fraction;
  const double deviation = std::sqrt(wanted * (1 - fraction)) / fraction;
  return static_cast<double>(rank) > expected + kDeviations * deviation + 1;
}

// Returns among how many nearest of all rows the k nearest allowed ones are expected, where this fraction of the rows
// is allowed at random: not only on average, since of those farther down more are missed.
inline double neighbours_among(std::size_t k, double fraction) {
  constexpr double kMoreDeviations = 1.3;  // of the negative binomial distribution
  const auto wanted = static_cast<double>(k);
  return std::ceil((wanted + kMoreDeviations * std::sqrt(wanted * (1 - fraction))) / fraction);
}

// Returns how many allowed rows to look at for an effort in rows, 0 for every one: at least several times k, or nobody
// could tell whether the rows that a filter left out are nearer.
inline std::size_t allowed_rows_for(std::size_t effort, double fraction, std::size_t k) {
  constexpr std::size_t kAtLeastTimes = 3;
  if (effort == 0) return 0;
  return std::max(static_cast<std::size_t>(std::ceil(static_cast<double>(effort) * fraction)), kAtLeastTimes * k);
}

// Returns true if a query skips so many rows, in lists or leaves without allowed rows, by chance, where this
// fraction of all rows is allowed. Otherwise the filter leaves out what is near.
inline bool is_skipped_by_chance(std::size_t rows, double fraction) {
  constexpr double kChance = 4;  // times the mean of the geometric distribution, which one in fifty exceeds
  return static_cast<double>(rows) * fraction <= kChance;
}

class FilteredEfforts {
 public:
  static constexpr std::size_t kLevels = 11;

  // Has no target: an effort was given.
  FilteredEfforts() = default;
  using Levels = std::array<std::size_t, kLevels>;
  // Takes the efforts where one in 2^i rows is allowed, those for half of the misses, and the largest; 0: compare every
  // allowed row.
  FilteredEfforts(const Levels& efforts, const Levels& half_misses, std::size_t largest)
      : efforts_(efforts), half_misses_(half_misses), largest_(largest), known_(true) {}

  explicit operator bool() const { return known_; }
  // Returns the effort where this fraction of the rows is allowed.
  std::size_t at(double fraction) const { return at(efforts_, fraction); }
  // Beyond twice the k that calibration measured, what is extrapolated is about the nearest rows.
  static constexpr std::size_t kTrusted = 2 * calibration::kCalibratedK.back();
  // Returns whether farther_down() for k neighbours reads the effort for half of the misses at a level.
  static constexpr bool is_looked_up(std::size_t k, std::size_t level) { return (k << level) < 2 * kTrusted; }
  // Returns the effort for `neighbours` nearest rows of which the filter leaves out nearly all but the last k: the
  // largest if they are more than can be trusted.
  std::size_t farther_down(std::size_t neighbours, std::size_t k) const {
    if (neighbours > kTrusted) return largest_;
    return at(half_misses_, static_cast<double>(k) / static_cast<double>(neighbours));
  }
  // Of the rows that follow those left out more are missed than of all, so a search looks for twice as many, and for
  // half of the misses.
  static std::size_t neighbours_for(std::size_t rank) { return 2 * rank; }

 private:
  static std::size_t at(const Levels& efforts, double fraction) {
    const double level = std::clamp(-std::log2(fraction), 0.0, static_cast<double>(kLevels - 1));
    const auto below = static_cast<std::size_t>(level);
    const std::size_t above = std::min(below + 1, kLevels - 1);
    if (level == static_cast<double>(below)) return efforts[below];
    if (efforts[above] == 0) return 0;
    return static_cast<std::size_t>(std::ceil(std::lerp(
        static_cast<double>(efforts[below]), static_cast<double>(efforts[above]), level - static_cast<double>(below))));
  }

  Levels efforts_{};
  Levels half_misses_{};
  std::size_t largest_ = 0;
  bool known_ = false;
};

}  // namespace nearabout::index
