// Squared distances of transformed vectors order rows as the metric does, whatever their lengths, and reduced distances
// can be recovered.
#include "transform/metric_transform.h"

#include <cmath>
#include <cstdio>

#include "check.h"
#include "quantize/shapes.h"
#include "slow.h"
#include "transform/sample.h"

using namespace nearabout;
using namespace nearabout::transform;
using namespace nearabout::test;

namespace {

// Returns the reduced distance by its definition (metric/bound_query.h); the cosine of a zero vector is 0.
double rank_by_definition(CodeSpace space, const float* query, const float* row, std::size_t dims) {
  if (space == CodeSpace::l2) return slow_squared_distance(query, row, dims);
  const double product = slow_product(query, row, dims);
  if (space == CodeSpace::inner_product) return -product;
  return 1 - product / std::sqrt(slow_product(query, query, dims) * slow_product(row, row, dims));
}

float longest_of(const Table& table) {
  double longest = 0;
  for (std::size_t i = 0; i < table.rows; ++i)
    longest = std::max(longest, slow_product(table.row(i), table.row(i), table.dims));
  return static_cast<float>(std::sqrt(longest));
}

void ranks_are_squares(CodeSpace space, const Table& table, const Table& queries, float scale) {
  const MetricTransform transform(space, table.dims, scale, longest_of(table));
  CHECK(transform.inputs() == table.dims &&
        transform.outputs() == table.dims + (space == CodeSpace::inner_product ? 1 : 0));
  std::vector<float> rows(table.rows * transform.outputs()), transformed(queries.rows * transform.outputs());
  transform.rows(table.values.data(), table.rows, rows.data());
  transform.queries(queries.values.data(), queries.rows, transformed.data());
  const double size = static_cast<double>(scale) * static_cast<double>(scale);
  for (std::size_t q = 0; q < queries.rows; ++q)
    for (std::size_t i = 0; i < table.rows; ++i) {
      const double expected = rank_by_definition(space, queries.row(q), table.row(i), table.dims);
      const double norm = std::sqrt(slow_product(queries.row(q), queries.row(q), table.dims));
      const double unit = space == CodeSpace::inner_product ? norm * double{transform.longest()}
                          : space == CodeSpace::cosine      ? 1
                                                            : 1 / size;
      const double square = slow_squared_distance(transformed.data() + q * transform.outputs(),
                                                  rows.data() + i * transform.outputs(), transform.outputs());
      const double rank = space == CodeSpace::inner_product ? (square / 2 - 1) * unit
                          : space == CodeSpace::cosine      ? square / 2
                                                            : square * unit;
      const double slack = 1e-5 * unit * (1 + square);
      if (!(std::abs(rank - expected) <= slack))
        std::printf("row %zu of %zu dims: rank %g instead of %g\n", i, table.dims, rank, expected);
      CHECK(std::abs(rank - expected) <= slack);
    }
}

TEST(every_space_has_its_ranks) {
  Generator random(1);
  for (const std::size_t dims : {1u, 2u, 7u, 8u, 33u, 100u}) {
    const Table table = normal(random, 20, dims, 0.3, 2);
    const Table queries = normal(random, 5, dims, -0.2, 0.7);
    for (const CodeSpace space : {CodeSpace::l2, CodeSpace::cosine, CodeSpace::inner_product})
      ranks_are_squares(space, table, queries, 1);
    ranks_are_squares(CodeSpace::l2, table, queries, 0.125f);
  }
}

// All rows become equally long, which makes the largest product the smallest distance.
TEST(rows_become_equally_long) {
  Generator random(2);
  Table table = normal(random, 50, 12);
  for (std::size_t i = 0; i < table.rows; ++i)
    for (std::size_t j = 0; j < table.dims; ++j) table.row(i)[j] *= std::exp2(static_cast<float>(i % 20) - 10);
  std::fill_n(table.row(3), table.dims, 0.0f);
  for (const CodeSpace space : {CodeSpace::cosine, CodeSpace::inner_product}) {
    const MetricTransform transform(space, table.dims, 1, longest_of(table));
    std::vector<float> transformed(table.rows * transform.outputs());
    transform.rows(table.values.data(), table.rows, transformed.data());
    for (std::size_t i = 0; i < table.rows; ++i) {
      const float* const row = transformed.data() + i * transform.outputs();
      const double expected = space == CodeSpace::cosine && i == 3 ? 0 : 1;
      CHECK(std::abs(slow_product(row, row, transform.outputs()) - expected) < 1e-6);
    }
  }
}

// A row longer than expected, rows that are all zero, and a zero query give no NaN.
TEST(nothing_is_not_a_number) {
  const float longer[] = {3, 4, 12}, zero[] = {0, 0, 0};
  float transformed[4];
  const MetricTransform transform(CodeSpace::inner_product, 3, 1, 5);
  transform.rows(longer, 1, transformed);
  CHECK(transformed[0] == 0.6f && transformed[2] == 2.4f && transformed[3] == 0);
  transform.rows(zero, 1, transformed);
  CHECK(transformed[0] == 0 && transformed[3] == 1);
  transform.queries(zero, 1, transformed);
  CHECK(transformed[0] == 0 && transformed[2] == 0 && transformed[3] == 0);
  transform.queries(longer, 1, transformed);
  CHECK(std::abs(double{transformed[2]} - 12.0 / 13) < 1e-7 && transformed[3] == 0);
  MetricTransform(CodeSpace::inner_product, 3, 1, 0).rows(zero, 1, transformed);
  CHECK(transformed[0] == 0 && transformed[3] == 1);
}

// Vectors of numbers at the ends of their range, and one that is larger than the scale was chosen for.
TEST(transformed_vectors_are_finite) {
  for (const float size : {1.5e-45f, 1e-40f, 1e-20f, 1.0f, 1e20f, 3.4e38f}) {
    const Sample sample{{size, -size, 0, size}, 2, 2};
    const float scale = scale_for(sample);
    CHECK(std::isfinite(scale) && scale > 0);
    const MetricTransform transform(CodeSpace::l2, 2, scale, 0);
    float transformed[2];
    transform.rows(sample.row(0), 1, transformed);
    CHECK(transformed[0] > 1e-8f && transformed[0] < 1e10f && transformed[1] == -transformed[0]);
    const float far[] = {3.4e38f, -3.4e38f};
    transform.rows(far, 1, transformed);
    CHECK(transformed[0] > 0.5f && transformed[0] <= 1.001e15f && transformed[1] == -transformed[0]);
  }
  const std::vector<float> longest(100, 3.4e38f);  // its length does not fit a float
  float transformed[101];
  const MetricTransform transform(CodeSpace::inner_product, 100, 1, 3.4e39);
  transform.rows(longest.data(), 1, transformed);
  CHECK(std::abs(transformed[0] - 0.1f) < 1e-6f);
}

}  // namespace
