// What an index knows of itself: which effort finds which share of the true neighbours, how sure that is, and what it
// costs. Measured when it is built, or later with other queries; one form for every kind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/monitor.h"
#include "index/calibration/recall_profile.h"
#include "metric/metric.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout {

inline constexpr std::array<std::size_t, 3> kCalibratedK{1, 10, 100};  // recall@k
inline constexpr double kDefaultRecall = 0.95;

// Where k lies among kCalibratedK, on a logarithmic scale: `part` of the way from one to the next; more than all of it
// beyond the last.
struct KInterpolation {
  std::size_t below;
  double part;
};
KInterpolation between_measured(std::size_t k);

struct CalibrationPoint {
  double effort;
  struct At {
    double recall;     // the mean over all queries
    double error;      // its standard error
    double distances;  // of a query
    double seconds;
  };
  std::array<At, kCalibratedK.size()> at;  // k
};

// The nearest and the farthest at which the queries had their neighbour: distances as answers give them.
struct DistanceRange {
  double least;
  double most;

  // Whether a query that has its neighbour there is of another kind than those: it lies beyond by a tenth, or nearer by
  // a fifth (by squares under euclidean). Not one whose neighbour is a near copy: such are found at once. On five real
  // sets none of 1,000 queries lay that far, and three that near.
  bool is_out_of_distribution(double distance, Metric metric) const;
};

struct Calibration {
  enum class Origin : std::uint64_t { rows = 1, queries = 2 };
  Origin origin = Origin::rows;
  std::size_t queries = 0;
  double target = kDefaultRecall;            // what searches that ask for nothing are to reach
  std::array<DistanceRange, 2> distances{};  // of the nearest neighbour and of the tenth (of the last, of fewer)
  std::vector<CalibrationPoint> points;      // by effort

  // The smallest measured effort whose recall@k is at least `recall` by the lower end of the confidence interval;
  // nothing where no measured effort is enough. Nothing is interpolated: between two efforts recall may do anything.
  std::optional<double> effort_for(std::size_t k, double recall) const;
  // The same, or where `recall` is out of reach the least that finds about the most.
  double effort_for_best(std::size_t k, double recall) const;
  // What a query at an effort costs, by the model of the kind, as the largest measured effort not above it says.
  double nanoseconds(std::size_t k, double effort) const;
  // What the largest measured effort that is not above this one finds; nothing below the smallest.
  struct Expected {
    double recall;
    double low;
  };
  std::optional<Expected> expected(std::size_t k, double effort) const;
};

// What a recall profile says, but for `target` and `distances`.
//
// Where all are found with all effort, the curve for one neighbour is steadied by that for ten; codes alone never find
// some.
Calibration calibrate(const RecallProfile& profile, const CalibrationQueries& calibration_queries,
                      bool max_effort_is_exact);

void write_calibration(storage::Writer& writer, const Calibration& calibration);
std::optional<Calibration> read_calibration(const storage::File& file);

}  // namespace nearabout
