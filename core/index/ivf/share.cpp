#include "index/ivf/share.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace nearabout {
namespace {

constexpr double kMostTimes = 4;        // as many lists as the effort, or a part of it as small
constexpr double kLeastSquare = 1e-12;  // of a distance, as a part of `spread`
constexpr std::size_t kFewest = 64;     // queries
constexpr double kRidge = 1;            // as good as one query that says nothing
constexpr double kWorthwhile = 0.99;    // of the lists that are looked into without

using Features = std::array<double, 2>;

Features features_of(double nearest_square, double square, double spread) {
  return {std::log(std::max(nearest_square, kLeastSquare * spread)), std::log(square + spread)};
}

bool within(double value, const std::array<double, 2>& range) { return value >= range[0] && value <= range[1]; }

double times(const ListShare& share, double nearest_square, double square) {
  const Features features = features_of(nearest_square, square, share.spread);
  if (!within(features[0], share.nearest_range) || !within(features[1], share.length_range)) return 1;
  const double power = share.constant + share.nearest * features[0] + share.length * features[1];
  return std::clamp(std::exp(power), 1 / kMostTimes, kMostTimes);
}

// How many lists a query looks into on average where a share of all queries have enough: the geometric mean over some
// shares.
double lists_needed(std::span<const SharedQuery> queries, const ListShare* share) {
  constexpr std::array<double, 5> kShares{0.6, 0.7, 0.8, 0.9, 0.95};
  std::vector<double> needed;  // of the effort
  double sum = 0;
  for (const SharedQuery& query : queries) {
    const double factor = share ? times(*share, query.nearest_square, query.square) : 1;
    needed.push_back(query.lists / factor);
    sum += factor;
  }
  std::sort(needed.begin(), needed.end());
  double logs = 0;
  for (const double of : kShares)
    logs += std::log(needed[static_cast<std::size_t>(of * static_cast<double>(needed.size() - 1))]);
  return std::exp(logs / static_cast<double>(kShares.size())) * sum / static_cast<double>(queries.size());
}

// The least squares of y against two features, both taken from their means.
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

std::size_t ListShare::lists(std::size_t effort, std::size_t all, double nearest_square, double square) const {
  if (!used || effort >= all) return std::min(effort, all);
  // Odds are multiplied, so that an effort of nearly all lists is nearly all of them for every query.
  const double odds =
      static_cast<double>(effort) / static_cast<double>(all - effort) * times(*this, nearest_square, square);
  const double lists = std::round(static_cast<double>(all) * odds / (1 + odds));
  return std::clamp<std::size_t>(static_cast<std::size_t>(lists), 1, all);
}

ListShare learn_share(std::span<const SharedQuery> queries) {
  ListShare share;
  if (queries.size() < kFewest) return share;
  double squares = 0;
  for (const SharedQuery& query : queries) squares += query.square;
  share.spread = squares / static_cast<double>(queries.size());
  if (!(share.spread > 0) || !std::isfinite(share.spread)) return {};
  std::vector<Features> features;
  std::vector<double> logs;
  for (const SharedQuery& query : queries) {
    features.push_back(features_of(query.nearest_square, query.square, share.spread));
    logs.push_back(std::log(query.lists));
  }
  const Features weights = fit(features, logs);
  share.nearest = weights[0];
  share.length = weights[1];
  const auto range_of = [&](std::size_t feature) {
    const auto less = [=](const Features& a, const Features& b) { return a[feature] < b[feature]; };
    const auto [least, most] = std::minmax_element(features.begin(), features.end(), less);
    return std::array<double, 2>{(*least)[feature], (*most)[feature]};
  };
  share.nearest_range = range_of(0);
  share.length_range = range_of(1);
  // So that an effort is what queries look into on average.
  double sum = 0;
  for (const Features& own : features) sum += std::exp(weights[0] * own[0] + weights[1] * own[1]);
  share.constant = -std::log(sum / static_cast<double>(queries.size()));
  share.used =
      std::isfinite(share.constant) && lists_needed(queries, &share) < kWorthwhile * lists_needed(queries, nullptr);
  return share;
}

}  // namespace nearabout
