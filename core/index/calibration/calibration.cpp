#include "index/calibration/calibration.h"

#include <algorithm>
#include <cmath>

namespace nearabout {
namespace {

constexpr double kDoubt = 1.0;      // standard errors between a measured recall and the lower end of its interval
constexpr double kExtraRows = 0.5;  // a query or less may be missed where all were found

using At = CalibrationPoint::At;

double low_of(const At& at) { return at.recall - kDoubt * at.error; }

// Of the k between two that were measured.
double between(const CalibrationPoint& point, Between k, double (*of)(const At&)) {
  const double below = of(point.at[k.below]);
  if (k.part == 0) return below;
  return std::clamp(below + k.part * (of(point.at[k.below + 1]) - below), 0.0, 1.0);
}

At measured_at(const Trace& trace, const std::vector<double>& wanted, std::size_t k, std::size_t effort) {
  const std::vector<double> found = trace.found(k, effort);
  double sum = 0;
  double squares = 0;
  double count = 0;
  for (std::size_t query = 0; query < found.size(); ++query) {
    if (wanted[query] == 0) continue;
    const double share = found[query] / wanted[query];
    sum += share;
    squares += share * share;
    ++count;
  }
  if (count == 0) return {1, 0, 0, 0};
  const double mean = sum / count;
  const double variance = std::max(0.0, squares / count - mean * mean);
  const TraceCost cost = trace.cost(k, effort);
  const double least = kExtraRows / count;
  return {mean, std::sqrt(variance / count + least * least), cost.distances, cost.seconds};
}

}  // namespace

Between between_measured(std::size_t k) {
  const double place = std::log10(static_cast<double>(std::max<std::size_t>(k, 1)));
  constexpr double kLastBelow = kMeasuredAt.size() - 2;
  const auto below = static_cast<std::size_t>(std::min(place, kLastBelow));
  return {below, place - static_cast<double>(below)};
}

// Recall does not fall where more is spent: what looks otherwise is noise.
Calibration calibrate(const Trace& trace, const Trials& trials) {
  Calibration calibration;
  calibration.origin = trials.rows.empty() ? Calibration::Origin::queries : Calibration::Origin::rows;
  for (const std::size_t effort : trace.efforts()) calibration.points.push_back({static_cast<double>(effort), {}});
  for (const std::vector<std::uint32_t>& nearest : trials.nearest) calibration.queries += nearest.empty() ? 0u : 1u;
  for (std::size_t place = 0; place < kMeasuredAt.size(); ++place) {
    const std::size_t k = kMeasuredAt[place];
    std::vector<double> wanted;
    for (const std::vector<std::uint32_t>& nearest : trials.nearest)
      wanted.push_back(static_cast<double>(std::min(k, nearest.size())));
    double reached = 0;
    for (std::size_t i = 0; i < calibration.points.size(); ++i) {
      At& at = calibration.points[i].at[place];
      at = measured_at(trace, wanted, k, trace.efforts()[i]);
      at.recall = reached = std::max(reached, at.recall);
    }
  }
  return calibration;
}

std::optional<double> Calibration::effort_for(std::size_t k, double recall) const {
  const Between at = between_measured(k);
  const auto enough = [&](const CalibrationPoint& point) { return between(point, at, low_of) >= recall; };
  const auto first = std::find_if(points.begin(), points.end(), enough);
  if (first == points.end()) return {};
  if (first == points.begin()) return first->effort;
  const CalibrationPoint& before = *(first - 1);
  const double low = between(before, at, low_of);
  const double part = (recall - low) / (between(*first, at, low_of) - low);
  return before.effort * std::pow(first->effort / before.effort, part);
}

double Calibration::effort_near_most(std::size_t k, double recall) const {
  constexpr double kNearly = 0.005;
  if (points.empty()) return 1;
  if (const std::optional<double> effort = effort_for(k, recall)) return *effort;
  const double most = expected(k, points.back().effort).low;
  return effort_for(k, std::max(most - kNearly, 0.0)).value_or(points.back().effort);
}

Calibration::Expected Calibration::expected(std::size_t k, double effort) const {
  if (points.empty()) return {1, 1};
  const Between at = between_measured(k);
  const auto of = [&](const CalibrationPoint& point) {
    return Expected{between(point, at, [](const At& a) { return a.recall; }), between(point, at, low_of)};
  };
  const auto after =
      std::find_if(points.begin(), points.end(), [&](const CalibrationPoint& point) { return point.effort >= effort; });
  if (after == points.end()) return of(points.back());
  const Expected above = of(*after);
  if (after == points.begin() || after->effort == effort) return above;
  const Expected below = of(*(after - 1));
  const double part = std::log(effort / (after - 1)->effort) / std::log(after->effort / (after - 1)->effort);
  return {below.recall + part * (above.recall - below.recall), below.low + part * (above.low - below.low)};
}

}  // namespace nearabout
