#include "index/ivf/adaptive_probes.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/number_order.h"

namespace nearabout::ivf {
namespace {

constexpr double kMaxTimes = 4;       // largest ratio of a query's lists to the effort, and of the effort to its lists
constexpr double kMinSquare = 1e-12;  // least squared distance, as a fraction of `scale`
constexpr std::size_t kMinQueries = 64;  // queries
constexpr double kRidge = 1;             // ridge penalty: weighs as much as one query without information
// Largest ratio of lists probed with the model to those without it for the model to be used.
constexpr double kWorthwhileCost = 0.99;

using Features = std::array<double, 2>;

Features features_of(double nearest_square, double square, double spread) {
  return {std::log(std::max(nearest_square, kMinSquare * spread)), std::log(square + spread)};
}

bool within(double value, const std::array<double, 2>& range) { return value >= range[0] && value <= range[1]; }

double times(const AdaptiveProbes& model, double nearest_square, double square) {
  const Features features = features_of(nearest_square, square, model.scale);
  if (!within(features[0], model.distance_range) || !within(features[1], model.norm_range)) return 1;
  const double power = model.intercept + model.w_distance * features[0] + model.w_norm * features[1];
  return std::clamp(std::exp(power), 1 / kMaxTimes, kMaxTimes);
}

// Returns how many lists a query probes on average if a fraction of all queries is to have enough: the geometric mean
// over several fractions.
double lists_needed(std::span<const ProbedQuery> queries, const AdaptiveProbes* model) {
  constexpr std::array<double, 5> kFractions{0.6, 0.7, 0.8, 0.9, 0.95};
  std::vector<double> needed;  // multiples of the effort
  double sum = 0;
  for (const ProbedQuery& query : queries) {
    const double factor = model ? times(*model, query.nearest_square, query.square) : 1;
    needed.push_back(query.lists / factor);
    sum += factor;
  }
  std::sort(needed.begin(), needed.end(), NanLast{});
  double logs = 0;
  for (const double of : kFractions)
    logs += std::log(needed[static_cast<std::size_t>(of * static_cast<double>(needed.size() - 1))]);
  return std::exp(logs / static_cast<double>(kFractions.size())) * sum / static_cast<double>(queries.size());
}

// Fits y by least squares against two features, all centred on their means.
Features fit(const std::vector<Features>& x, const std::vector<double>& y) {
  const auto count = static_cast<double>(x.size());
  Features mean{};
  double mean_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t f = 0; f < 2; ++f) mean[f] += x[i][f] / count;
    mean_y += y[i] / count;
  }
  double a = kRidge;
  double b = 0;
  double c = kRidge;
  Features right{};
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double u = x[i][0] - mean[0];
    const double v = x[i][1] - mean[1];
    a += u * u;
    b += u * v;
    c += v * v;
    right[0] += u * (y[i] - mean_y);
    right[1] += v * (y[i] - mean_y);
  }
  const double determinant = a * c - b * b;
  return {(c * right[0] - b * right[1]) / determinant, (a * right[1] - b * right[0]) / determinant};
}

}  // namespace

std::size_t AdaptiveProbes::lists(std::size_t effort, std::size_t all, double nearest_square, double square) const {
  if (!used || effort >= all) return std::min(effort, all);
  // Multiplies odds, so that an effort of nearly all lists means nearly all of them for every query.
  const double odds =
      static_cast<double>(effort) / static_cast<double>(all - effort) * times(*this, nearest_square, square);
  const double lists = std::round(static_cast<double>(all) * odds / (1 + odds));
  return std::clamp<std::size_t>(static_cast<std::size_t>(lists), 1, all);
}

AdaptiveProbes fit_adaptive_probes(std::span<const ProbedQuery> queries) {
  AdaptiveProbes model;
  if (queries.size() < kMinQueries) return model;
  double squares = 0;
  for (const ProbedQuery& query : queries) squares += query.square;
  model.scale = squares / static_cast<double>(queries.size());
  if (!(model.scale > 0) || !std::isfinite(model.scale)) return {};
  std::vector<Features> features;
  std::vector<double> logs;
  for (const ProbedQuery& query : queries) {
    features.push_back(features_of(query.nearest_square, query.square, model.scale));
    logs.push_back(std::log(query.lists));
  }
  const Features weights = fit(features, logs);
  model.w_distance = weights[0];
  model.w_norm = weights[1];
  const auto range_of = [&](std::size_t feature) {
    const auto less = [=](const Features& a, const Features& b) { return a[feature] < b[feature]; };
    const auto [least, most] = std::minmax_element(features.begin(), features.end(), less);
    return std::array<double, 2>{(*least)[feature], (*most)[feature]};
  };
  model.distance_range = range_of(0);
  model.norm_range = range_of(1);
  // Centre the model, so that an effort is the number of lists that queries probe on average.
  double sum = 0;
  for (const Features& own : features) sum += std::exp(weights[0] * own[0] + weights[1] * own[1]);
  model.intercept = -std::log(sum / static_cast<double>(queries.size()));
  model.used = std::isfinite(model.intercept) &&
               lists_needed(queries, &model) < kWorthwhileCost * lists_needed(queries, nullptr);
  return model;
}

}  // namespace nearabout::ivf
