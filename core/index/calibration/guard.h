// Whether a query has probably missed neighbours: how many rows nearer than those found so far are expected in the
// lists (or leaves: groups of rows around a centroid) that it has not looked into.
//
// A row x of a group with centroid c is about |q - c|^2 + |x - c|^2 from a query q, give or take 2 <q - c, x - c>. Over
// the rows of a group the second term is taken to lie around its median with a spread of its own, and the product to
// be normally distributed with variance lambda |q - c|^2 |x - c|^2: in m dimensions that are alike, lambda is 1 / m.
// So for each group the number of its rows within any distance can be estimated, without reading them. (Quake, the
// adaptive index of J. Mohoney et al., OSDI 2025, estimates the same from volumes between hyperplanes.)
//
// A few rows of a group may lie far from it. They and the query may both lie on the side of the group where the rest of
// the rows are, so that the product is not around zero: it is taken to be as large as it can be half of the time.
//
// The estimate is rough, but it is equally rough for all queries. Calibration notes what it was for the held-out
// queries at each effort; a query whose estimate is above nearly all of those looks into more lists until it is not.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "index/calibration/calibration.h"
#include "index/calibration/ranked_list.h"

namespace nearabout {

// Lists that the estimate is taken over, beyond `probes`: the same for calibration and for searches.
constexpr std::size_t lists_beyond(std::size_t probes) { return 24 + probes / 3; }

class Guard {
 public:
  // At an effort, what 97 in 100 of the calibration's queries stay below, for each of kCalibratedK neighbours.
  struct Limits {
    double effort;
    std::array<double, kCalibratedK.size()> misses;

    double at(std::size_t k) const;  // between those by the logarithms of k and of misses
  };
  static constexpr double kQuantile = 0.97;

  static constexpr double kUnbounded = 1e300;
  static constexpr double kOfUnseen = 1.0 / 16;   // of the limit, for queries that lie where no other did
  static constexpr double kFarFromTypical = 16;   // times the limit: a query unlike those of the calibration
  static constexpr double kTooMuch = 0.35;        // of what comparing every row costs: no more is spent before that,
  static constexpr double kTooMuchStrange = 0.2;  // by strange queries: they mostly end so;
  static constexpr double kTooMuchOnce = 0.7;     // in the first round of those that are above the limit by
  static constexpr double kLittleAbove = 4;       // so many times at most: half of them need no more
  static constexpr double kStrange = 4;           // times as far, squared, from the nearest centroid as any other

  double lambda = 0;
  // Between which the calibration's queries had their squared distances from the nearest centroid, without those that
  // were nearly alone there, since too little is known of their like; and the squares of their lengths.
  std::array<double, 2> nearest_range{0, kUnbounded};
  std::array<double, 2> square_range{0, kUnbounded};
  std::vector<Limits> limits;  // by effort; empty where nothing was measured

  // The misses that a query may expect which is to find a share `recall` of k neighbours at an effort: no more than
  // 97 in 100 queries of the calibration did (between two efforts linearly), and a tenth of what the recall allows at
  // least: fewer are not worth looking for. Infinity where nothing was measured. (A limit from above, by what the
  // recall allows, was tried: on real data the estimate is often some times too large for all queries, and searches
  // took two to eight times as long.)
  double limit(std::size_t k, std::size_t effort, double recall) const;
  bool has_seen(double nearest_square, double square) const {
    return nearest_square >= nearest_range[0] && nearest_square <= nearest_range[1] && square >= square_range[0] &&
           square <= square_range[1];
  }
  // Whether it lies so far from where others did that what holds for them says nothing of it.
  bool is_strange(double nearest_square) const { return nearest_square > kStrange * nearest_range[1]; }
  // How many of limit()'s `misses` a query may expect which lies there: fewer where no other did; a strange one no more
  // than the recall allows.
  double limit_of(double misses, std::size_t k, double recall, double nearest_square, double square) const {
    if (has_seen(nearest_square, square)) return misses;
    const double fewer = misses * kOfUnseen;
    return is_strange(nearest_square) ? std::min(fewer, (1 - recall) * static_cast<double>(k)) : fewer;
  }
  // The part of what comparing every row costs that a query may spend in its next round, having expected so many misses
  // after the last one.
  static double most_spent(bool strange, bool first, double misses, double limit) {
    if (strange) return kTooMuchStrange;
    return first && misses <= kLittleAbove * limit ? kTooMuchOnce : kTooMuch;
  }
  // How many rounds in a row have to find hardly anything new before that is believed against an estimate so far above
  // its limit: two from four times on, one more for each four times more. (One for all was too few: of sparse rows,
  // asked with uniform ones, .73 was found of .95.)
  static std::size_t quiet_rounds(double misses, double limit) {
    constexpr double kMax = 1e6;
    const double times = misses / limit;
    return times > 1 ? 1 + static_cast<std::size_t>(std::log2(std::min(times, kMax)) / 2) : 1;
  }
  // Whether so few new rows among those that a round is judged by are too little to go on.
  static bool is_little(std::size_t entered, std::size_t judged, double recall) {
    return static_cast<double>(entered) <= 0.5 * (1 - recall) * static_cast<double>(judged);
  }
  // Sets the ranges. Of each query: its squared distance from the nearest centroid, and the square of its length.
  void see(std::span<const std::array<double, 2>> queries);
  // Adds the limits of an effort: of each query, the misses that were expected for kCalibratedK neighbours.
  void add(double effort, std::span<const std::array<float, kCalibratedK.size()>> misses);
};

void write_guard(storage::Writer& writer, const Guard& guard);
// Reads the limits of a file. A file without them judges no query: none is searched further, and none is flagged.
// CorruptFileError where one of them is no number.
void read_guard(const storage::File& file, Guard& guard);

// What is known of the rows of a group (residuals.h): side by side, since groups are looked up here and there.
struct GroupResiduals {
  float median;    // of |x - c|^2, with what the codes leave out
  float variance;  // of the same, about
  float far_rows;  // how many lie much farther away,
  float far_median;
  float rows;  // all
};
// From the columns of a file: medians, variances, far rows and far medians of all groups, one after the other.
std::vector<GroupResiduals> residuals_of(std::span<const float> columns, std::span<const std::uint32_t> rows);

// How many rows of these groups are expected to have an estimate below `threshold`. `square` is |q|^2 as in RankedList.
double expected_rows(std::span<const GroupResiduals> residuals, double lambda, std::span<const RankedList> lists,
                     float threshold, double square);

}  // namespace nearabout
