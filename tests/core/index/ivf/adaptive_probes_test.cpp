// The model of a query's lists: its weights are those of a ridge regression solved by elimination, and its lists those
// of the formula in the header.
#include "index/ivf/adaptive_probes.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "check.h"

using namespace nearabout;
using namespace nearabout::ivf;

namespace {

// Returns queries that need more lists the farther and the longer they are, give or take `noise`.
std::vector<ProbedQuery> queries_of(std::size_t count, double noise, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> bell;
  std::vector<ProbedQuery> queries(count);
  for (ProbedQuery& query : queries) {
    query.nearest_square = std::exp(bell(random));
    query.square = std::exp(1 + bell(random));
    query.lists =
        8 * std::exp(0.7 * std::log(query.nearest_square) - 0.4 * std::log(query.square) + noise * bell(random));
  }
  return queries;
}

double mean_square(const std::vector<ProbedQuery>& queries) {
  double sum = 0;
  for (const ProbedQuery& query : queries) sum += query.square;
  return sum / static_cast<double>(queries.size());
}

// Solves min |y - a - u x - v z|^2 + u^2 + v^2 by Gaussian elimination of its normal equations; returns u and v.
std::array<double, 2> ridge(const std::vector<ProbedQuery>& queries) {
  long double system[3][4] = {{0, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}};
  const double scale = mean_square(queries);
  for (const ProbedQuery& query : queries) {
    const long double terms[4] = {1, std::log(query.nearest_square), std::log(query.square + scale),
                                  std::log(query.lists)};
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 4; ++j) system[i][j] += terms[i] * terms[j];
  }
  for (std::size_t pivot = 0; pivot < 3; ++pivot)
    for (std::size_t i = 0; i < 3; ++i) {
      if (i == pivot) continue;
      const long double factor = system[i][pivot] / system[pivot][pivot];
      for (std::size_t j = 0; j < 4; ++j) system[i][j] -= factor * system[pivot][j];
    }
  return {static_cast<double>(system[1][3] / system[1][1]), static_cast<double>(system[2][3] / system[2][2])};
}

double power_of(const AdaptiveProbes& model, const ProbedQuery& query) {
  return model.w_distance * std::log(query.nearest_square) + model.w_norm * std::log(query.square + model.scale);
}

TEST(weights_are_those_of_least_squares) {
  for (const std::size_t count : {64u, 200u, 1'000u})
    for (const double noise : {0.0, 0.5}) {
      CASE(count, " queries, noise ", noise);
      const std::vector<ProbedQuery> queries = queries_of(count, noise, static_cast<unsigned>(count));
      const AdaptiveProbes model = fit_adaptive_probes(queries);
      const std::array<double, 2> expected = ridge(queries);
      CHECK(model.used);
      CHECK(std::abs(model.w_distance - expected[0]) < 1e-9);
      CHECK(std::abs(model.w_norm - expected[1]) < 1e-9);
      CHECK(std::abs(model.scale - mean_square(queries)) < 1e-9 * model.scale);
      double mean = 0;  // of the factors by which queries differ from the effort
      for (const ProbedQuery& query : queries) mean += std::exp(model.intercept + power_of(model, query));
      CHECK(std::abs(mean / static_cast<double>(count) - 1) < 1e-9);
    }
}

TEST(lists_multiply_the_odds) {
  const std::vector<ProbedQuery> queries = queries_of(300, 0.3, 5);
  const AdaptiveProbes model = fit_adaptive_probes(queries);
  for (const ProbedQuery& query : queries)
    for (const std::size_t effort : {1u, 5u, 50u, 500u, 999u}) {
      CASE("effort ", effort);
      constexpr double kAll = 1'000;
      const double factor = std::clamp(std::exp(model.intercept + power_of(model, query)), 0.25, 4.0);
      const double odds = static_cast<double>(effort) / (kAll - static_cast<double>(effort)) * factor;
      const double expected = std::max(1.0, kAll * odds / (1 + odds));
      const std::size_t found = model.lists(effort, 1'000, query.nearest_square, query.square);
      CHECK(found >= 1 && found <= 1'000);
      CHECK(std::abs(static_cast<double>(found) - expected) <= 0.5 + 1e-9);
    }
  CHECK_EQUAL(model.lists(1'000, 1'000, 1, 1), 1'000);
  CHECK_EQUAL(model.lists(2'000, 1'000, 1, 1), 1'000);
}

TEST(queries_outside_the_calibration_probe_the_effort) {
  const AdaptiveProbes model = fit_adaptive_probes(queries_of(300, 0.3, 6));
  CHECK(model.used);
  CHECK_EQUAL(model.lists(20, 1'000, 1e9, 1), 20);
  CHECK_EQUAL(model.lists(20, 1'000, 0, 1), 20);
  CHECK_EQUAL(model.lists(20, 1'000, 1, 1e9), 20);
}

TEST(a_model_that_saves_nothing_is_unused) {
  CHECK(!fit_adaptive_probes({}).used);
  CHECK(!fit_adaptive_probes(queries_of(63, 0, 1)).used);
  std::vector<ProbedQuery> alike = queries_of(200, 0, 2);
  for (ProbedQuery& query : alike) query.lists = 7;
  const AdaptiveProbes model = fit_adaptive_probes(alike);
  CHECK(!model.used);
  CHECK_EQUAL(model.lists(7, 100, 1, 1), 7);
  for (ProbedQuery& query : alike) query.square = 0;
  CHECK(!fit_adaptive_probes(alike).used);
}

}  // namespace
