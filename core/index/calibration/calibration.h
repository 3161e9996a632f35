// The calibration of an index: the fraction of true neighbours that each effort finds, its uncertainty, and its cost.
// Measured when the index is built, or later with other queries; the same structure for every kind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "metric/metric.h"

namespace nearabout::storage {
class File;
class Writer;
}  // namespace nearabout::storage

namespace nearabout::calibration {

struct CalibrationQueries;  // calibration_queries.h
class RecallProfile;        // recall_profile.h

inline constexpr std::array<std::size_t, 3> kCalibratedK{1, 10, 100};  // recall@k
inline constexpr double kDefaultRecall = 0.95;

// The position of k among kCalibratedK, on a logarithmic scale: `part` is the fraction of the way from one to the next,
// more than 1 beyond the last.
struct KInterpolation {
  std::size_t below;
  double part;
};
KInterpolation between_measured(std::size_t k);

struct CalibrationPoint {
  double effort;
  struct At {
    double recall;     // mean over all queries
    double error;      // its standard error
    double distances;  // distance computations per query
    double seconds;
  };
  std::array<At, kCalibratedK.size()> at;  // one per calibrated k
};

// The smallest and largest distance of a neighbour over the queries, as results report distances.
struct DistanceRange {
  double least;
  double most;

  // Returns true if a query with its neighbour at this distance is unlike the calibration queries: it is further by a
  // tenth, or nearer by a fifth (of the squares under euclidean). A query whose neighbour is a near copy is never
  // reported: those are found at once. On five real data sets none of 1,000 queries was that far, and three were that
  // near.
  bool is_out_of_distribution(double distance, metric::Metric metric) const;
};

struct Calibration {
  enum class Origin : std::uint64_t { rows = 1, queries = 2 };
  Origin origin = Origin::rows;
  std::size_t queries = 0;
  double target = kDefaultRecall;  // recall target of searches that do not specify one
  // For the nearest neighbour and for the tenth (or the last, if there are fewer).
  std::array<DistanceRange, 2> distances{};
  std::vector<CalibrationPoint> points;  // by effort
  // Set where the effort is the width of a search, at least k: the effort from which on every row is compared. There a
  // search says nothing of one of the same width for another k, but of one whose width is in the same ratio to k. Not
  // stored: the kind knows.
  std::optional<double> widest;

  // Returns the smallest measured effort whose recall@k is at least `recall` at the lower bound of its confidence
  // interval; nullopt if no measured effort is enough. Does not interpolate: recall may vary in any way between two
  // efforts.
  std::optional<double> effort_for(std::size_t k, double recall) const;
  // Returns the same or, if `recall` is out of reach, the smallest effort that finds about the most.
  double effort_for_best(std::size_t k, double recall) const;
  // Returns the cost of a query at an effort by the kind's model, taken from the largest measured effort not above it.
  double nanoseconds(std::size_t k, double effort) const;
  // The recall at the largest measured effort not above this one; nullopt below the smallest.
  struct Expected {
    double recall;
    double low;
  };
  std::optional<Expected> expected(std::size_t k, double effort) const;

 private:
  // Returns what was measured at a point, as it is for k neighbours.
  double at(const CalibrationPoint& point, std::size_t k, double (*of)(const CalibrationPoint::At&)) const;
};

// Computes all fields except `target` and `distances`.
//
// If the maximum effort is exact, recall@1 is smoothed using recall@10; with codes alone, some neighbours are never
// found.
Calibration calibrate(const RecallProfile& profile, const CalibrationQueries& calibration_queries,
                      bool max_effort_is_exact);

void write_calibration(storage::Writer& writer, const Calibration& calibration);
std::optional<Calibration> read_calibration(const storage::File& file);

}  // namespace nearabout::calibration
