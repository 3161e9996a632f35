// The distance between projections never exceeds the true one by more than the errors that apply() returns.
#include "transform/contraction.h"

#include <cmath>
#include <utility>

#include "check.h"
#include "quantize/shapes.h"
#include "slow.h"
#include "transform/pca.h"

using namespace nearabout;
using namespace nearabout::transform;
using namespace nearabout::test;

namespace {

std::vector<float> mean_of(const Table& table) {
  std::vector<double> sums(table.dims, 0.0);
  for (std::size_t i = 0; i < table.rows; ++i)
    for (std::size_t j = 0; j < table.dims; ++j) sums[j] += double{table.row(i)[j]};
  std::vector<float> mean;
  for (const double sum : sums) mean.push_back(static_cast<float>(sum / static_cast<double>(table.rows)));
  return mean;
}

Contraction projection(const Table& table, std::size_t outputs, bool mixed) {
  std::vector<float> centre = mean_of(table);
  std::vector<float> centred = table.values;
  for (std::size_t i = 0; i < table.rows; ++i)
    for (std::size_t j = 0; j < table.dims; ++j) centred[i * table.dims + j] -= centre[j];
  const std::vector<double> found = principal_directions(centred, table.rows, table.dims, outputs, 1);
  std::vector<float> directions = mixed_directions(found, table.dims, outputs, outputs - 1, outputs);
  if (!mixed)  // principal directions as they are, and columns slightly longer than one: any table must work
    for (std::size_t j = 0; j < table.dims; ++j)
      for (std::size_t o = 0; o + 1 < outputs; ++o)
        directions[j * outputs + o] = static_cast<float>(1.001 * found[j * outputs + o]);
  return Contraction(std::move(centre), std::move(directions), outputs);
}

struct Images {
  Images(const Contraction& contraction, const Table& table, bool centred)
      : values(table.rows * contraction.outputs()), errors(table.rows), outputs(contraction.outputs()) {
    contraction.apply(table.values.data(), table.rows, centred, values.data(), errors.data());
  }
  const float* row(std::size_t index) const { return values.data() + index * outputs; }

  std::vector<float> values;
  std::vector<double> errors;
  std::size_t outputs;
};

// Returns the projections' distance as a mean fraction of the true one.
double check_distances(const Contraction& contraction, const Table& table) {
  const Images projections(contraction, table, true);
  const double stretch = std::sqrt(1 + contraction.epsilon());
  double kept = 0;
  std::size_t pairs = 0;
  for (std::size_t a = 0; a < table.rows; ++a)
    for (std::size_t b = a % 7; b < table.rows; b += 7) {
      const double truth = std::sqrt(slow_squared_distance(table.row(a), table.row(b), table.dims));
      const double projection =
          std::sqrt(slow_squared_distance(projections.row(a), projections.row(b), projections.outputs));
      const double room = projections.errors[a] + projections.errors[b];
      if (!(projection <= truth * stretch * (1 + 1e-12) + room))
        FAIL("images of ", a, " and ", b, " are ", projection, " apart, they themselves ", truth, " (room ", room, ")");
      if (truth > 0) {
        kept += projection / truth;
        ++pairs;
      }
    }
  return pairs == 0 ? 1 : kept / static_cast<double>(pairs);
}

// <q, x - centre> is at most (1 + epsilon) times the product of projections, up to their errors: Cauchy-Schwarz.
void check_products(const Contraction& contraction, const Table& table, const Table& queries) {
  const Images rows(contraction, table, true);
  const Images bound(contraction, queries, false);
  std::vector<float> centre = contraction.centre();
  for (std::size_t q = 0; q < queries.rows; ++q)
    for (std::size_t i = 0; i < table.rows; i += 3) {
      double truth = 0;
      for (std::size_t j = 0; j < table.dims; ++j)
        truth += double{queries.row(q)[j]} * (double{table.row(i)[j]} - double{centre[j]});
      truth *= 1 + contraction.epsilon();
      const double projection = slow_product(bound.row(q), rows.row(i), rows.outputs);
      const double length_q = std::sqrt(slow_product(bound.row(q), bound.row(q), rows.outputs)) + bound.errors[q];
      const double length_x = std::sqrt(slow_product(rows.row(i), rows.row(i), rows.outputs)) + rows.errors[i];
      const double room = length_q * rows.errors[i] + length_x * bound.errors[q];
      if (!(truth <= projection + room + 1e-12 * length_q * length_x))
        FAIL("query ", q, ", row ", i, ": product ", truth, ", of images ", projection, " (room ", room, ")");
    }
}

void check_shape(const char* name, const Table& table, double least_kept) {
  CASE(name);
  Generator random(3);
  Table queries = normal(random, 5, table.dims);
  std::copy_n(table.row(0), table.dims, queries.row(0));
  const Contraction same(mean_of(table));
  CHECK(same.identity() && same.outputs() == table.dims && same.epsilon() == 0);
  check_distances(same, table);
  check_products(same, table, queries);
  for (const std::size_t outputs : {std::size_t{16}, std::size_t{32}}) {
    const Contraction plain = projection(table, outputs, false);
    CHECK(plain.epsilon() > 1e-3 && plain.epsilon() < 1);
    check_distances(plain, table);
    check_products(plain, table, queries);
    const Contraction mixed = projection(table, outputs, true);
    CHECK(!mixed.identity() && mixed.outputs() == outputs && mixed.epsilon() < 1e-5);
    const double kept = check_distances(mixed, table);
    if (!(kept >= least_kept)) FAIL("to ", outputs, ": only ", kept, " of distances kept");
    check_products(mixed, table, queries);
  }
}

// The stated errors are small relative to the vectors; otherwise the screen would rule nothing out.
TEST(the_errors_are_small) {
  Generator random(4);
  const Table table = normal(random, 100, 256);
  const Contraction contraction = projection(table, 64, true);
  const Images projections(contraction, table, true);
  for (std::size_t i = 0; i < table.rows; ++i) CHECK(projections.errors[i] < 1e-3 * std::sqrt(256.0));
}

TEST(bound_of_every_shape_holds_and_is_tight) {
  Generator random(1);
  check_shape("normal", normal(random, 300, 48), 0.6);
  check_shape("correlated", correlated(random, 300, 130), 0.9);
  check_shape("of low rank", low_rank(random, 300, 200, 8, 0), 0.999);
  check_shape("of low rank with noise", low_rank(random, 300, 200, 8, 0.05), 0.95);
  check_shape("far from zero", normal(random, 300, 65, 1e4, 1), 0.5);
  check_shape("tiny", scaled(normal(random, 300, 64), 1e-20f), 0.5);
  check_shape("tinier than normal floats", scaled(normal(random, 300, 64), 1e-40f), 0);
  check_shape("large", scaled(normal(random, 300, 64), 1e15f), 0.5);
  check_shape("badly scaled", badly_scaled(random, 300, 64), 0.99);
  check_shape("with an outlier", with_outlier(normal(random, 300, 64)), 0.4);
  check_shape("duplicated", duplicated(normal(random, 300, 64), 10), 0.9);
  check_shape("one-hot", sparse(random, 300, 80, 1, 1), 0.3);
  check_shape("half constant", half_constant(normal(random, 300, 40)), 0.6);
}

}  // namespace
