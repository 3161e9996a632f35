// Principal directions are orthonormal, capture the variance that a known covariance predicts, and do not depend on the
// number of threads; mixing preserves their span.
#include "transform/pca.h"

#include <cmath>

#include "check.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::transform;
using namespace nearabout::test;

namespace {

// Returns the largest departure of the columns' products from the identity.
template <class T>
double departure(const std::vector<T>& directions, std::size_t dims, std::size_t width, std::size_t columns) {
  double worst = 0;
  for (std::size_t a = 0; a < columns; ++a)
    for (std::size_t b = 0; b <= a; ++b) {
      double sum = 0;
      for (std::size_t j = 0; j < dims; ++j)
        sum += static_cast<double>(directions[j * width + a]) * static_cast<double>(directions[j * width + b]);
      worst = std::max(worst, std::abs(sum - (a == b ? 1 : 0)));
    }
  return worst;
}

template <class T>
double variance_along(const Table& table, const std::vector<T>& directions, std::size_t width, std::size_t column) {
  double sum = 0;
  for (std::size_t i = 0; i < table.rows; ++i) {
    double along = 0;
    for (std::size_t j = 0; j < table.dims; ++j)
      along += double{table.row(i)[j]} * static_cast<double>(directions[j * width + column]);
    sum += along * along;
  }
  return sum / static_cast<double>(table.rows);
}

void they_are_orthonormal(const char* shape, const Table& table, std::size_t count) {
  const std::vector<double> directions = principal_directions(table.values, table.rows, table.dims, count, 1);
  CHECK_EQUAL(directions.size(), table.dims * count);
  const double off = departure(directions, table.dims, count, count);
  if (!(off < 1e-6)) FAIL(shape, ": ", count, " directions are off by ", off);
}

// Dimension j has deviation 0.9^j in a rotated frame: the leading directions carry the leading sums of 0.81^j.
TEST(components_catch_the_variance) {
  Generator random(2);
  const std::size_t dims = 96, rows = 4000, count = 32;
  Table table = normal(random, rows, dims);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < dims; ++j) table.row(i)[j] *= static_cast<float>(std::pow(0.9, j));
  // Householder reflections: the covariance keeps its eigenvalues but not its axes.
  for (int turn = 0; turn < 3; ++turn) {
    const Table normal_to = normal(random, 1, dims);
    double length = 0;
    for (std::size_t j = 0; j < dims; ++j) length += double{normal_to.row(0)[j]} * double{normal_to.row(0)[j]};
    for (std::size_t i = 0; i < rows; ++i) {
      double along = 0;
      for (std::size_t j = 0; j < dims; ++j) along += double{table.row(i)[j]} * double{normal_to.row(0)[j]};
      for (std::size_t j = 0; j < dims; ++j)
        table.row(i)[j] -= static_cast<float>(2 * along / length * double{normal_to.row(0)[j]});
    }
  }
  const std::vector<double> directions = principal_directions(table.values, rows, dims, count, 2);
  double caught = 0, known = 0, before = 1e300;
  for (std::size_t c = 0; c < count; ++c) {
    const double variance = variance_along(table, directions, count, c);
    CHECK(variance <= before * 1.001);                                        // largest variance first
    CHECK(std::abs(variance - std::pow(0.81, c)) < 0.3 * std::pow(0.81, c));  // iteration mixes neighbouring directions
    before = variance;
    caught += variance;
    known += std::pow(0.81, c);
  }
  CHECK(std::abs(caught / known - 1) < 0.05);

  // Once mixed, each carries about the same fraction of the variance, together all of it.
  const std::vector<float> mixed = mixed_directions(directions, dims, count, count - 1, count);
  CHECK(departure(mixed, dims, count, count - 1) < 1e-6);
  double together = 0;
  for (std::size_t c = 0; c + 1 < count; ++c) {
    const double variance = variance_along(table, mixed, count, c);
    CHECK(variance < 4 * caught / count);
    together += variance;
  }
  CHECK(std::abs(together + before - caught) < 1e-5 * caught);
  CHECK_EQUAL(variance_along(table, mixed, count, count - 1), 0);
}

TEST(threads_change_nothing) {
  Generator random(3);
  const Table table = correlated(random, 700, 150);
  const std::vector<double> one = principal_directions(table.values, table.rows, table.dims, 64, 1);
  CHECK_EQUAL(one, principal_directions(table.values, table.rows, table.dims, 64, 2));
  CHECK_EQUAL(one, principal_directions(table.values, table.rows, table.dims, 64, 3));
}

TEST(components_are_orthonormal) {
  Generator random(1);
  they_are_orthonormal("normal", normal(random, 500, 40), 32);
  they_are_orthonormal("all there are", normal(random, 500, 32), 32);
  they_are_orthonormal("correlated", correlated(random, 600, 200), 160);
  they_are_orthonormal("of rank 3", low_rank(random, 500, 128, 3, 0), 96);
  they_are_orthonormal("constant", scaled(normal(random, 200, 64), 0), 48);
  they_are_orthonormal("tiny", scaled(normal(random, 300, 64), 1e-18f), 48);
  they_are_orthonormal("large", scaled(normal(random, 300, 64), 1e15f), 48);
  they_are_orthonormal("badly scaled", badly_scaled(random, 300, 64), 48);
  they_are_orthonormal("with an outlier", with_outlier(normal(random, 300, 64)), 48);
  they_are_orthonormal("fewer rows than dims", normal(random, 100, 1100), 64);
}

}  // namespace
