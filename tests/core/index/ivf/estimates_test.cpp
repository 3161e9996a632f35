// An estimate without error, converted to the units of the metric, is the reduced distance by the metric's definition.
#include "index/ivf/estimates.h"

#include <cmath>
#include <random>

#include "check.h"
#include "index/fixtures.h"
#include "slow.h"

using namespace nearabout;
using namespace nearabout::ivf;
using namespace nearabout::test;
using transform::CodeSpace;

namespace {

double norm_of(const float* vector, std::size_t dims) { return std::sqrt(slow_product(vector, vector, dims)); }

double definition(CodeSpace space, const float* query, const float* row, std::size_t dims) {
  if (space == CodeSpace::l2) return slow_squared_distance(query, row, dims);
  if (space == CodeSpace::inner_product) return -slow_product(query, row, dims);
  return 1 - slow_product(query, row, dims) / (norm_of(query, dims) * norm_of(row, dims));
}

void check_space(CodeSpace space, const Table& table, const Table& queries, float scale) {
  CASE("space ", space, ", scale ", scale, ", dims ", table.dims);
  double longest = 0;
  for (std::size_t i = 0; i < table.rows(); ++i) longest = std::max(longest, norm_of(table.row(i), table.dims));
  const transform::MetricTransform transform(space, table.dims, scale, longest);
  const std::size_t outputs = transform.outputs();
  std::vector<float> rows(table.rows() * outputs), query(outputs), centre(outputs, 0.125f);
  transform.rows(table.values.data(), table.rows(), rows.data());
  EstimateUnits units(transform, centre);
  for (std::size_t q = 0; q < queries.rows(); ++q) {
    transform.queries(queries.row(q), 1, query.data());
    units.bind(queries.view(), q);
    const double from_centre = slow_squared_distance(query.data(), centre.data(), outputs);
    for (std::size_t i = 0; i < table.rows(); ++i) {
      const double square = slow_squared_distance(query.data(), rows.data() + i * outputs, outputs);
      const double found = units.rdist(static_cast<float>(square - from_centre));
      const double expected = definition(space, queries.row(q), table.row(i), table.dims);
      const double unit = space == CodeSpace::l2       ? 1 / (double{scale} * double{scale})
                          : space == CodeSpace::cosine ? 1
                                                       : norm_of(queries.row(q), table.dims) * longest;
      if (!(std::abs(found - expected) <= 2e-6 * unit * (1 + square + from_centre)))
        FAIL("query ", q, ", row ", i, ": ", found, " for ", expected);
    }
  }
}

TEST(estimates_without_error_are_reduced_distances) {
  for (const std::size_t dims : {1u, 3u, 24u, 100u}) {
    const Table table = clustered(60, dims, 1);
    const Table queries = clustered(9, dims, 2);
    for (const float scale : {1.0f, 0.125f}) check_space(CodeSpace::l2, table, queries, scale);
    check_space(CodeSpace::cosine, table, queries, 1);
    check_space(CodeSpace::inner_product, table, queries, 1);
  }
}

// The codes' error may take an estimate below zero, or beyond the opposite direction.
TEST(estimates_are_clipped_to_possible_distances) {
  const Table queries = clustered(1, 8, 3);
  for (const CodeSpace space : {CodeSpace::l2, CodeSpace::cosine}) {
    const transform::MetricTransform transform(space, 8, 1, 0);
    const std::vector<float> centre(8, 0.0f);
    EstimateUnits units(transform, centre);
    units.bind(queries.view(), 0);
    CHECK_EQUAL(units.rdist(-1e9f), 0);
    if (space == CodeSpace::cosine) CHECK_EQUAL(units.rdist(1e9f), 2);
  }
}

}  // namespace
