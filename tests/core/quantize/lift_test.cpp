// Lifted vectors are as near in squares as the metric says, whatever their lengths, and ranks come back.
#include "quantize/lift.h"

#include <cmath>
#include <cstdio>

#include "check.h"
#include "quantize/sample.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::test;

namespace {

double dot(const float* a, const float* b, std::size_t dims) {
  double sum = 0;
  for (std::size_t j = 0; j < dims; ++j) sum += double{a[j]} * double{b[j]};
  return sum;
}

double square_between(const float* a, const float* b, std::size_t dims) {
  double sum = 0;
  for (std::size_t j = 0; j < dims; ++j) sum += (double{a[j]} - double{b[j]}) * (double{a[j]} - double{b[j]});
  return sum;
}

// The rank by its definition (metric/bound_query.h); of a zero vector the cosine is 0.
double rank_by_definition(Space space, const float* query, const float* row, std::size_t dims) {
  if (space == Space::squared) return square_between(query, row, dims);
  const double product = dot(query, row, dims);
  if (space == Space::inner) return -product;
  return 1 - product / std::sqrt(dot(query, query, dims) * dot(row, row, dims));
}

float longest_of(const Table& table) {
  double longest = 0;
  for (std::size_t i = 0; i < table.rows; ++i) longest = std::max(longest, dot(table.row(i), table.row(i), table.dims));
  return static_cast<float>(std::sqrt(longest));
}

void ranks_are_squares(Space space, const Table& table, const Table& queries, float scale) {
  const Lift lift(space, table.dims, scale, longest_of(table));
  CHECK(lift.inputs() == table.dims && lift.outputs() == table.dims + (space == Space::inner ? 1 : 0));
  std::vector<float> rows(table.rows * lift.outputs()), lifted(queries.rows * lift.outputs());
  lift.rows(table.values.data(), table.rows, rows.data());
  lift.queries(queries.values.data(), queries.rows, lifted.data());
  const double size = static_cast<double>(scale) * static_cast<double>(scale);
  for (std::size_t q = 0; q < queries.rows; ++q)
    for (std::size_t i = 0; i < table.rows; ++i) {
      const double expected = rank_by_definition(space, queries.row(q), table.row(i), table.dims);
      const double norm = std::sqrt(dot(queries.row(q), queries.row(q), table.dims));
      const double unit = space == Space::inner ? norm * double{lift.longest()} : space == Space::unit ? 1 : 1 / size;
      const double square =
          square_between(lifted.data() + q * lift.outputs(), rows.data() + i * lift.outputs(), lift.outputs());
      const double rank = space == Space::inner  ? (square / 2 - 1) * unit
                          : space == Space::unit ? square / 2
                                                 : square * unit;
      const double slack = 1e-5 * unit * (1 + square);
      if (!(std::abs(rank - expected) <= slack))
        std::printf("row %zu of %zu dims: rank %g instead of %g\n", i, table.dims, rank, expected);
      CHECK(std::abs(rank - expected) <= slack);
    }
}

void every_space_has_its_ranks() {
  Generator random(1);
  for (const std::size_t dims : {1u, 2u, 7u, 8u, 33u, 100u}) {
    const Table table = normal(random, 20, dims, 0.3, 2);
    const Table queries = normal(random, 5, dims, -0.2, 0.7);
    for (const Space space : {Space::squared, Space::unit, Space::inner}) ranks_are_squares(space, table, queries, 1);
    ranks_are_squares(Space::squared, table, queries, 0.125f);
  }
}

// What makes the largest product the least distance: all rows are equally long, whatever they were.
void rows_become_equally_long() {
  Generator random(2);
  Table table = normal(random, 50, 12);
  for (std::size_t i = 0; i < table.rows; ++i)
    for (std::size_t j = 0; j < table.dims; ++j) table.row(i)[j] *= std::exp2(static_cast<float>(i % 20) - 10);
  std::fill_n(table.row(3), table.dims, 0.0f);
  for (const Space space : {Space::unit, Space::inner}) {
    const Lift lift(space, table.dims, 1, longest_of(table));
    std::vector<float> lifted(table.rows * lift.outputs());
    lift.rows(table.values.data(), table.rows, lifted.data());
    for (std::size_t i = 0; i < table.rows; ++i) {
      const float* const row = lifted.data() + i * lift.outputs();
      const double expected = space == Space::unit && i == 3 ? 0 : 1;
      CHECK(std::abs(dot(row, row, lift.outputs()) - expected) < 1e-6);
    }
  }
}

// A row that is longer than was thought, rows that are all zero, and a zero query: numbers all the same.
void nothing_is_not_a_number() {
  const float longer[] = {3, 4, 12}, zero[] = {0, 0, 0};
  float lifted[4];
  const Lift lift(Space::inner, 3, 1, 5);
  lift.rows(longer, 1, lifted);
  CHECK(lifted[0] == 0.6f && lifted[2] == 2.4f && lifted[3] == 0);
  lift.rows(zero, 1, lifted);
  CHECK(lifted[0] == 0 && lifted[3] == 1);
  lift.queries(zero, 1, lifted);
  CHECK(lifted[0] == 0 && lifted[2] == 0 && lifted[3] == 0);
  lift.queries(longer, 1, lifted);
  CHECK(std::abs(double{lifted[2]} - 12.0 / 13) < 1e-7 && lifted[3] == 0);
  Lift(Space::inner, 3, 1, 0).rows(zero, 1, lifted);
  CHECK(lifted[0] == 0 && lifted[3] == 1);
}

// Vectors of numbers at the ends of their range, and one that is larger than the scale was chosen for.
void lifted_vectors_are_finite() {
  for (const float size : {1.5e-45f, 1e-40f, 1e-20f, 1.0f, 1e20f, 3.4e38f}) {
    const Sample sample{{size, -size, 0, size}, 2, 2};
    const float scale = scale_for(sample);
    CHECK(std::isfinite(scale) && scale > 0);
    const Lift lift(Space::squared, 2, scale, 0);
    float lifted[2];
    lift.rows(sample.row(0), 1, lifted);
    CHECK(lifted[0] > 1e-8f && lifted[0] < 1e10f && lifted[1] == -lifted[0]);
    const float far[] = {3.4e38f, -3.4e38f};
    lift.rows(far, 1, lifted);
    CHECK(lifted[0] > 0.5f && lifted[0] <= 1.001e15f && lifted[1] == -lifted[0]);
  }
  const std::vector<float> longest(100, 3.4e38f);  // of a length that is no float
  float lifted[101];
  const Lift lift(Space::inner, 100, 1, 3.4e39);
  lift.rows(longest.data(), 1, lifted);
  CHECK(std::abs(lifted[0] - 0.1f) < 1e-6f);
}

}  // namespace

int main() {
  lifted_vectors_are_finite();
  every_space_has_its_ranks();
  rows_become_equally_long();
  nothing_is_not_a_number();
  return report("quantize_lift");
}
