// The efforts of a search with a filter for a target recall. If one in n rows is allowed, the k nearest allowed rows
// are spread among the n k nearest rows, and finding as large a fraction of those takes the effort that calibration
// measured for n k neighbours. What counts is the fraction near the query, not in the whole table, because filters and
// queries are often related: each query measures it in the rows that it would look at without a filter.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace nearabout::index {

class FilteredEfforts {
 public:
  static constexpr std::size_t kLevels = 11;

  // Has no target: an effort was given.
  FilteredEfforts() = default;
  // Takes the efforts where one in 2^i rows is allowed, kLevels of them; 0: compare every allowed row.
  explicit FilteredEfforts(const std::array<std::size_t, kLevels>& efforts) : efforts_(efforts), known_(true) {}

  explicit operator bool() const { return known_; }
  // Returns the effort where this fraction of the rows is allowed.
  std::size_t at(double fraction) const {
    const double level = std::clamp(-std::log2(fraction), 0.0, static_cast<double>(kLevels - 1));
    const auto below = static_cast<std::size_t>(level);
    const std::size_t above = std::min(below + 1, kLevels - 1);
    if (level == static_cast<double>(below)) return efforts_[below];
    if (efforts_[above] == 0) return 0;
    return static_cast<std::size_t>(
        std::ceil(std::lerp(static_cast<double>(efforts_[below]), static_cast<double>(efforts_[above]),
                            level - static_cast<double>(below))));
  }

 private:
  std::array<std::size_t, kLevels> efforts_{};
  bool known_ = false;
};

}  // namespace nearabout::index
