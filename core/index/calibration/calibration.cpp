#include "index/calibration/calibration.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "index/calibration/calibration_queries.h"
#include "index/calibration/recall_profile.h"

namespace nearabout::calibration {
namespace {

constexpr double kStandardErrors = 1.28;  // standard errors from a measured recall to its lower bound (one-sided 90 %)
// Neighbours assumed to be missed even if all were found: half a query's, as the least standard error.
constexpr double kExtraRows = 0.5;

using At = CalibrationPoint::At;

double recall_of(const At& at) { return at.recall; }
double low_of(const At& at) { return at.recall - kStandardErrors * at.error; }

using Of = double (*)(const At&);

// Interpolates between the two measured values of k. Beyond the last one, misses continue to grow with a power of k, as
// they did before it, or with its logarithm, whichever is more.
double between(const CalibrationPoint& point, KInterpolation k, Of of) {
  const double below = of(point.at[k.below]);
  if (k.part == 0) return below;
  const double above = of(point.at[k.below + 1]);
  double fraction = below + k.part * (above - below);
  if (k.part > 1 && below < 1 && above < below)
    fraction = std::min(fraction, 1 - (1 - above) * std::pow((1 - above) / (1 - below), k.part - 1));
  return std::clamp(fraction, 0.0, 1.0);
}

At measured_at(const RecallProfile& profile, const std::vector<double>& wanted, std::size_t k, std::size_t effort) {
  const std::vector<double> found = profile.found(k, effort);
  double sum = 0;
  double squares = 0;
  double count = 0;
  for (std::size_t query = 0; query < found.size(); ++query) {
    if (wanted[query] == 0) continue;
    const double fraction = found[query] / wanted[query];
    sum += fraction;
    squares += fraction * fraction;
    ++count;
  }
  if (count == 0) return {1, 0, 0, 0};
  const double mean = sum / count;
  const double variance = std::max(0.0, squares / count - mean * mean);
  const ProfileCost cost = profile.cost(k, effort);
  const double least = kExtraRows / count;
  return {mean, std::sqrt(variance / count + least * least), cost.distances, cost.seconds};
}

// Returns the effort at which a measured recall reaches `level`, interpolated between points; nullopt if no point does,
// or all do.
std::optional<double> effort_at(std::span<const CalibrationPoint> points, std::size_t place, double level) {
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double below = points[i - 1].at[place].recall;
    const double above = points[i].at[place].recall;
    if (below < level && above >= level)
      return points[i - 1].effort *
             std::pow(points[i].effort / points[i - 1].effort, (level - below) / (above - below));
  }
  return {};
}

// Returns the ratio of the efforts that give ten neighbours and the nearest one the same recall: nearly the same for
// all recalls on most data. Measured where enough neighbours are missed to be significant, but near the end, where it
// is needed: in a forest over well-separated clusters it was 1.14 at a recall of .8 and 1.05 at .95.
std::optional<double> effort_ratio_10_to_1(std::span<const CalibrationPoint> points) {
  double sum = 0;
  double count = 0;
  for (const double level : {0.75, 0.8, 0.85, 0.9, 0.925, 0.95}) {
    const std::optional<double> one = effort_at(points, 0, level);
    const std::optional<double> ten = effort_at(points, 1, level);
    if (!one || !ten) continue;
    sum += std::log(*ten / *one);
    ++count;
  }
  if (count == 0) return {};
  return std::exp(sum / count);
}

// Returns the values for a place of kCalibratedK at any effort, interpolated by the logarithm of the effort.
At interpolated(std::span<const CalibrationPoint> points, std::size_t place, double effort) {
  const auto after =
      std::find_if(points.begin(), points.end(), [&](const CalibrationPoint& point) { return point.effort >= effort; });
  if (after == points.end()) return points.back().at[place];
  if (after == points.begin()) return after->at[place];
  const double part = std::log(effort / (after - 1)->effort) / std::log(after->effort / (after - 1)->effort);
  const At& below = (after - 1)->at[place];
  const At& above = after->at[place];
  return {below.recall + part * (above.recall - below.recall), below.error + part * (above.error - below.error), 0, 0};
}

// Smooths recall@1. One neighbour per query is little evidence if nearly all are found: at a recall of .99 four of 384
// queries miss it, give or take two. Ten neighbours are more evidence, and the curve for one is nearly theirs with the
// effort divided by a constant ratio. The counted value and the one modelled from ten are weighted by their
// uncertainty. The scan of all rows, which is the last point, says nothing of efforts below it: a line drawn to it once
// promised .999 where .955 was found.
void smooth_recall_at_1(Calibration& calibration) {
  constexpr double kModelError = 0.4;  // fraction of the misses modelled from ten
  if (calibration.points.size() < 2) return;
  const std::span<const CalibrationPoint> inexact(calibration.points.data(), calibration.points.size() - 1);
  const std::optional<double> times = effort_ratio_10_to_1(inexact);
  if (!times) return;
  double reached = 0;
  std::vector<At> steadied;
  for (const CalibrationPoint& point : inexact) {
    At one = point.at[0];
    const At ten = interpolated(inexact, 1, point.effort * *times);
    const double bias_of_ten = ten.error;
    const double counted = one.error * one.error;
    const double modelled = std::pow(kModelError * (1 - ten.recall), 2) + bias_of_ten * bias_of_ten;
    const double weight = modelled / (counted + modelled);  // weight of the counted value
    one.recall = reached = std::max(reached, weight * one.recall + (1 - weight) * ten.recall);
    one.error = std::sqrt(counted * modelled / (counted + modelled));
    steadied.push_back(one);
  }
  for (std::size_t i = 0; i < steadied.size(); ++i) calibration.points[i].at[0] = steadied[i];
}

}  // namespace

// Never reports this for inner products, which depend more on how long a row is than on how far away it is.
bool DistanceRange::is_out_of_distribution(double distance, metric::Metric metric) const {
  constexpr double kBeyond = 1.1;
  constexpr double kNearer = 0.8;
  constexpr double kNearCopy = 0.1;
  if (metric == metric::Metric::dot) return false;
  const auto apart = [=](double value) { return metric == metric::Metric::euclidean ? value * value : value; };
  if (most > 0 && apart(distance) > kBeyond * apart(most)) return true;
  return apart(distance) < kNearer * apart(least) && apart(distance) > kNearCopy * apart(least);
}

KInterpolation between_measured(std::size_t k) {
  const double place = std::log10(static_cast<double>(std::max<std::size_t>(k, 1)));
  constexpr double kLastBelow = kCalibratedK.size() - 2;
  const auto below = static_cast<std::size_t>(std::min(place, kLastBelow));
  return {below, place - static_cast<double>(below)};
}

// Computes the points. Recall does not fall as effort grows: a decrease is noise. Past the point where nearly all are
// found, for every k, only the largest effort is listed.
Calibration calibrate(const RecallProfile& profile, const CalibrationQueries& calibration_queries,
                      bool max_effort_is_exact) {
  constexpr double kAlmostAll = 0.9995;
  Calibration calibration;
  calibration.origin = calibration_queries.rows.empty() ? Calibration::Origin::queries : Calibration::Origin::rows;
  std::array<std::vector<double>, kCalibratedK.size()> wanted;
  for (const std::vector<std::uint32_t>& nearest : calibration_queries.nearest) {
    calibration.queries += nearest.empty() ? 0u : 1u;
    for (std::size_t place = 0; place < kCalibratedK.size(); ++place)
      wanted[place].push_back(static_cast<double>(std::min(kCalibratedK[place], nearest.size())));
  }
  std::array<double, kCalibratedK.size()> reached{};
  for (const std::size_t effort : profile.efforts()) {
    if (*std::min_element(reached.begin(), reached.end()) > kAlmostAll && effort != profile.efforts().back()) continue;
    CalibrationPoint point{static_cast<double>(effort), {}};
    for (std::size_t place = 0; place < kCalibratedK.size(); ++place) {
      point.at[place] = measured_at(profile, wanted[place], kCalibratedK[place], effort);
      point.at[place].recall = reached[place] = std::max(reached[place], point.at[place].recall);
    }
    calibration.points.push_back(point);
  }
  if (calibration.queries == 0) calibration.points.clear();  // all rows are copies of each other
  if (max_effort_is_exact) smooth_recall_at_1(calibration);
  return calibration;
}

double Calibration::at(const CalibrationPoint& point, std::size_t k, Of of) const {
  const KInterpolation place = between_measured(k);
  if (!widest || point.effort >= *widest || place.below == 0 || place.part == 0) return between(point, place, of);
  const std::size_t exact = points.back().effort >= *widest ? 1 : 0;
  const std::span<const CalibrationPoint> inexact(points.data(), points.size() - exact);
  const double ratio = std::max(1.0, point.effort / static_cast<double>(k));
  CalibrationPoint alike{point.effort, {}};
  for (const std::size_t measured : {place.below, place.below + 1})
    alike.at[measured] = interpolated(inexact, measured, ratio * static_cast<double>(kCalibratedK[measured]));
  return between(alike, place, of);
}

std::optional<double> Calibration::effort_for(std::size_t k, double recall) const {
  // Rows of the index stand in for fresh queries, which found up to .02 less for a target of .9 (hostile sets).
  constexpr double kMissesLess = 0.1;
  const double wanted = widest ? recall + kMissesLess * (1 - recall) : recall;
  const auto enough = [&](const CalibrationPoint& point) { return at(point, k, low_of) >= wanted; };
  const auto first = std::find_if(points.begin(), points.end(), enough);
  if (first == points.end()) return {};
  return first->effort;
}

double Calibration::effort_for_best(std::size_t k, double recall) const {
  constexpr double kNearly = 0.005;
  if (points.empty()) return 1;
  if (const std::optional<double> effort = effort_for(k, recall)) return *effort;
  const double most = at(points.back(), k, low_of);
  return effort_for(k, std::max(most - kNearly, 0.0)).value_or(points.back().effort);
}

double Calibration::nanoseconds(std::size_t k, double effort) const {
  const auto after =
      std::find_if(points.begin(), points.end(), [&](const CalibrationPoint& point) { return point.effort > effort; });
  if (after == points.begin()) return 0;
  const KInterpolation place = between_measured(k);
  const auto& at = (after - 1)->at;
  return 1e9 * std::lerp(at[place.below].seconds, at[place.below + 1].seconds, std::min(place.part, 1.0));
}

std::optional<Calibration::Expected> Calibration::expected(std::size_t k, double effort) const {
  const auto above =
      std::find_if(points.begin(), points.end(), [&](const CalibrationPoint& point) { return point.effort > effort; });
  if (above == points.begin()) return {};
  const double low = at(*(above - 1), k, low_of);
  return Expected{std::max(low, at(*(above - 1), k, recall_of)), low};
}

}  // namespace nearabout::calibration
