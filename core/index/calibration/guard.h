// Detects queries that have probably missed neighbours, from how many rows nearer than those found so far are expected
// in the lists (or leaves: groups of rows around a centroid) that the query has not probed.
//
// A row x of a group with centroid c is about |q - c|^2 + |x - c|^2 from a query q, give or take 2 <q - c, x - c>. Over
// the rows of a group the second term is assumed to be distributed around its median with a spread of its own, and the
// product to be normally distributed with variance lambda |q - c|^2 |x - c|^2: in m dimensions that are alike, lambda
// is 1 / m. So the number of rows of each group within any distance can be estimated without reading them. (Quake, the
// adaptive index of J. Mohoney et al., OSDI 2025, estimates the same from volumes between hyperplanes.)
//
// A few rows of a group may be far from it. They and the query may both be on the side of the group where the other
// rows are, so that the product is not centred on zero: it is assumed to be as large as it can be half of the time.
//
// The estimate is rough, but equally rough for all queries. Calibration records the estimates of the held-out queries
// at each effort; a query whose estimate is above nearly all of those probes more lists until it is not.
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

namespace nearabout::calibration {

// Returns the number of lists beyond `probes` that the estimate covers: the same for calibration and for searches.
constexpr std::size_t lists_beyond(std::size_t probes) { return 24 + probes / 3; }

class Guard {
 public:
  // The expected misses at an effort that 97 % of the calibration queries stay below, for each of kCalibratedK
  // neighbours.
  struct Limits {
    double effort;
    std::array<double, kCalibratedK.size()> misses;

    double at(std::size_t k) const;  // interpolates in the logarithms of k and of misses
  };
  static constexpr double kQuantile = 0.97;

  static constexpr double kUnbounded = 1e300;
  static constexpr double kOfUnseen = 1.0 / 16;  // fraction of the limit for queries outside the ranges of calibration
  // Multiple of the limit above which a query is unlike those of calibration.
  static constexpr double kFarFromTypical = 16;
  static constexpr double kTooMuch = 0.35;        // largest cost of a query, as a fraction of comparing every row
  static constexpr double kTooMuchStrange = 0.2;  // same for strange queries, which mostly end up comparing every row
  static constexpr double kTooMuchOnce = 0.7;     // same in the first round of queries above the limit by
  static constexpr double kLittleAbove = 4;       // at most this factor: half of them need no more rounds
  // A query this many times as far, squared, from the nearest centroid as any other is strange.
  static constexpr double kStrange = 4;

  double lambda = 0;
  // The ranges, over the calibration queries, of the squared distance from the nearest centroid, without queries that
  // were nearly alone there, because too little is known of such queries; and of the squared norm.
  std::array<double, 2> nearest_range{0, kUnbounded};
  std::array<double, 2> square_range{0, kUnbounded};
  std::vector<Limits> limits;  // by effort; empty if nothing was measured

  // Returns the misses that a query may expect that is to find a fraction `recall` of k neighbours at an effort: what
  // 97 % of the calibration queries stayed below (interpolated linearly between efforts), but at least a tenth of what
  // the recall allows, because fewer are not worth searching for. Infinity if nothing was measured. (An upper limit,
  // from what the recall allows, was tried: on real data the estimate is often several times too large for all queries,
  // and searches took two to eight times as long.)
  double limit(std::size_t k, std::size_t effort, double recall) const;
  // Returns the same for k neighbours among a fraction of the rows: those are among k / fraction of all rows.
  double limit_among(double fraction, std::size_t k, std::size_t effort, double recall) const {
    const auto neighbours = static_cast<std::size_t>(std::ceil(static_cast<double>(k) / fraction));
    return fraction * limit(neighbours, effort, recall);
  }
  bool has_seen(double nearest_square, double square) const {
    return nearest_square >= nearest_range[0] && nearest_square <= nearest_range[1] && square >= square_range[0] &&
           square <= square_range[1];
  }
  // Returns true if a query is so far from the calibration queries that what holds for them says nothing about it.
  bool is_strange(double nearest_square) const { return nearest_square > kStrange * nearest_range[1]; }
  // Returns how many of limit()'s `misses` a query at this distance may expect: fewer if no calibration query was
  // there; for a strange one no more than the recall allows.
  double limit_of(double misses, std::size_t k, double recall, double nearest_square, double square) const {
    if (has_seen(nearest_square, square)) return misses;
    const double fewer = misses * kOfUnseen;
    return is_strange(nearest_square) ? std::min(fewer, (1 - recall) * static_cast<double>(k)) : fewer;
  }
  // Returns the cost, as a fraction of comparing every row, that a query may reach with its next round if it expected
  // this many misses after the last one.
  static double most_spent(bool strange, bool first, double misses, double limit) {
    if (strange) return kTooMuchStrange;
    return first && misses <= kLittleAbove * limit ? kTooMuchOnce : kTooMuch;
  }
  // Returns how many consecutive rounds have to find hardly anything new before that overrules an estimate this far
  // above its limit: two from four times the limit on, one more for each further factor of four. (One round for all was
  // too few: with uniform queries of sparse rows, .73 was found instead of .95.)
  static std::size_t quiet_rounds(double misses, double limit) {
    constexpr double kMaxOverrun = 1e6;
    const double times = misses / limit;
    return times > 1 ? 1 + static_cast<std::size_t>(std::log2(std::min(times, kMaxOverrun)) / 2) : 1;
  }
  // Returns true if a round put so few new rows among those by which it is judged that they do not matter.
  static bool is_little(std::size_t entered, std::size_t judged, double recall) {
    return static_cast<double>(entered) <= 0.5 * (1 - recall) * static_cast<double>(judged);
  }
  // Sets the ranges. Takes, for each query, its squared distance from the nearest centroid and its squared norm.
  void see(std::span<const std::array<double, 2>> queries);
  // Adds the limits of an effort. Takes, for each query, the misses that were expected for kCalibratedK neighbours.
  void add(double effort, std::span<const std::array<float, kCalibratedK.size()>> misses);
};

void write_guard(storage::Writer& writer, const Guard& guard);
// Reads the limits from a file. A file without them judges no query: none is searched further, and none is flagged.
// Throws CorruptFileError if a limit is NaN.
void read_guard(const storage::File& file, Guard& guard);

// The residuals of a group's rows (residuals.h), stored together because groups are looked up at random.
struct GroupResiduals {
  float median;    // of |x - c|^2, including the part outside the codes
  float variance;  // approximate variance of the same
  float far_rows;  // number of rows that are much farther away
  float far_median;
  float rows;  // number of all rows

  // Keeps so many of `size` rows, near and far ones alike.
  void keep(std::size_t kept, std::size_t size) {
    if (size == 0) return;
    const float part = static_cast<float>(kept) / static_cast<float>(size);
    rows *= part;
    far_rows *= part;
  }
};
// Reads the columns of a file: medians, variances, far rows and far medians of all groups, one after another.
std::vector<GroupResiduals> residuals_of(std::span<const float> columns, std::span<const std::uint32_t> rows);

// Returns how many rows of these groups are expected to have an estimate below `threshold`. `square` is |q|^2 as in
// RankedList.
double expected_rows(std::span<const GroupResiduals> residuals, double lambda, std::span<const RankedList> lists,
                     float threshold, double square);

}  // namespace nearabout::calibration
