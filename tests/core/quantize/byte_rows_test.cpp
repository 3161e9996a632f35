// Rows as bytes: coordinates within half a step, and reduced distances equal to those of the decoded rows.
#include "quantize/byte_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "check.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::quantize;
using namespace nearabout::test;
using transform::CodeSpace;
using transform::MetricTransform;

namespace {

struct Coded {
  MetricTransform transform;
  std::size_t rows;
  std::vector<float> transformed;  // rows x transform.outputs()
  ByteSteps steps;
  std::vector<std::int8_t> bytes;
  std::vector<float> squares;
};

Coded code(const Table& table, std::size_t rows, const MetricTransform& transform) {
  Coded coded{transform, rows, std::vector<float>(rows * transform.outputs()), {}, {}, {}};
  transform.rows(table.values.data(), rows, coded.transformed.data());
  ByteRanges ranges(transform.inputs());
  ByteRanges others(transform.inputs());
  for (std::size_t i = 0; i < rows; ++i)
    (i % 2 == 0 ? ranges : others).add(coded.transformed.data() + i * transform.outputs());
  ranges.merge(others);
  coded.steps = ByteSteps(ranges);
  coded.bytes.resize(rows * transform.inputs());
  for (std::size_t i = 0; i < rows; ++i) {
    std::int8_t* const bytes = coded.bytes.data() + i * transform.inputs();
    coded.steps.encode(coded.transformed.data() + i * transform.outputs(), bytes);
    coded.squares.push_back(coded.steps.square(bytes));
  }
  return coded;
}

void coordinates_are_off_by_half_a_step(const Coded& coded) {
  const std::size_t dims = coded.transform.inputs();
  std::vector<double> decoded(dims);
  for (std::size_t i = 0; i < coded.rows; ++i) {
    coded.steps.decode(coded.bytes.data() + i * dims, decoded.data());
    for (std::size_t j = 0; j < dims; ++j) {
      const double value = double{coded.transformed[i * coded.transform.outputs() + j]};
      const double step = double{coded.steps.steps()[j]};
      CHECK(std::abs(decoded[j] - value) <= 0.501 * step + 1e-6 * std::abs(value));
      CHECK(coded.bytes[i * dims + j] >= -127);
    }
  }
}

// Returns the reduced distance of the decoded row, by the metric's definition.
double reference(const Coded& coded, std::size_t row, const float* query) {
  const std::size_t dims = coded.transform.inputs();
  std::vector<double> decoded(dims);
  coded.steps.decode(coded.bytes.data() + row * dims, decoded.data());
  double product = 0, apart = 0, square = 0;
  for (std::size_t j = 0; j < dims; ++j) {
    const double value = double{query[j]};
    product += value * decoded[j];
    square += value * value;
    apart +=
        (value - decoded[j] / double{coded.transform.scale()}) * (value - decoded[j] / double{coded.transform.scale()});
  }
  if (coded.transform.space() == CodeSpace::l2) return apart;
  if (coded.transform.space() == CodeSpace::cosine) return std::clamp(1 - product / std::sqrt(square), 0.0, 2.0);
  return -product * double{coded.transform.longest()};
}

void ranks_are_those_of_decoded_rows(const Coded& coded, const Table& queries) {
  const std::size_t dims = coded.transform.inputs();
  std::vector<double> rdists(coded.rows);
  for (std::size_t q = 0; q < queries.rows; ++q) {
    const float* const query = queries.values.data() + q * dims;
    const BoundByteQuery bound(coded.steps, coded.transform, query);
    bound.rdists({coded.bytes.data(), dims, nullptr, coded.rows}, coded.squares.data(), rdists.data());
    double size = 0;  // a square of the distance from the centres is rounded
    for (std::size_t j = 0; j < dims; ++j) {
      const double centre = double{coded.steps.centres()[j]} / double{coded.transform.scale()};
      size += double{query[j]} * double{query[j]} + centre * centre;
    }
    for (std::size_t i = 0; i < coded.rows; ++i) {
      const double expected = reference(coded, i, query);
      double length = 0;
      for (std::size_t j = 0; j < dims; ++j)
        length +=
            std::pow(double{coded.transformed[i * coded.transform.outputs() + j]} / double{coded.transform.scale()}, 2);
      const double whole = coded.transform.space() == CodeSpace::l2 ? size + length : std::abs(expected) + 1;
      if (!(std::abs(rdists[i] - expected) <= 1e-6 * whole))
        std::printf("%zu dims: rank %g, %g expected\n", dims, rdists[i], expected);
      CHECK(std::abs(rdists[i] - expected) <= 1e-6 * whole);
      // A single row, by its number, has the same bits.
      const std::uint32_t number = static_cast<std::uint32_t>(i);
      double alone = 0;
      bound.rdists({coded.bytes.data(), dims, &number, 1}, coded.squares.data() + i, &alone);
      CHECK_EQUAL(alone, rdists[i]);
    }
  }
}

void every_space(std::size_t rows, std::size_t dims, double width, float scale) {
  Generator random(static_cast<unsigned>(dims + rows));
  Table table = normal(random, rows, dims, 0.5, 2);
  const Table queries = normal(random, 3, dims, 0.5, 2);
  for (std::size_t i = 0; i < rows; ++i) {
    table.values[i * dims] *= static_cast<float>(width);
    if (dims > 2) table.values[i * dims + 2] = 7.5f;  // constant
  }
  float longest = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    double square = 0;
    for (std::size_t j = 0; j < dims; ++j) square += std::pow(double{table.values[i * dims + j]}, 2);
    longest = std::max(longest, static_cast<float>(std::sqrt(square)));
  }
  for (const MetricTransform& transform :
       {MetricTransform(CodeSpace::l2, dims, scale, 0), MetricTransform(CodeSpace::cosine, dims, 1, 0),
        MetricTransform(CodeSpace::inner_product, dims, 1, longest)}) {
    const Coded coded = code(table, rows, transform);
    coordinates_are_off_by_half_a_step(coded);
    ranks_are_those_of_decoded_rows(coded, queries);
    if (dims > 2 && transform.space() == CodeSpace::l2) CHECK_EQUAL(coded.steps.steps()[2], 0);
  }
}

// A dimension a thousand times as wide changes nothing in the others.
TEST(dimensions_do_not_care_for_each_other) {
  Generator random(4);
  Table table = normal(random, 50, 9);
  const MetricTransform transform(CodeSpace::l2, 9, 1, 0);
  const Coded before = code(table, 50, transform);
  for (std::size_t i = 0; i < 50; ++i) table.values[i * 9 + 4] *= 1'000;
  const Coded after = code(table, 50, transform);
  for (std::size_t k = 0; k < before.bytes.size(); ++k)
    if (k % 9 != 4) CHECK_EQUAL(before.bytes[k], after.bytes[k]);
  CHECK(after.steps.unit() > 900 * double{before.steps.steps()[4]});
}

// The squares of the largest floats do not fit a float, yet nothing is lost.
TEST(floats_as_large_as_can_be) {
  const Table table{{3e38f, -3e38f, 0, 1e38f, 3e38f, 0}, 3, 2};
  const MetricTransform transform(CodeSpace::l2, 2, 1, 0);
  const Coded coded = code(table, 3, transform);
  const float query[2] = {3e38f, -3e38f};
  double rdists[3];
  BoundByteQuery(coded.steps, transform, query)
      .rdists({coded.bytes.data(), 2, nullptr, 3}, coded.squares.data(), rdists);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(std::isfinite(coded.squares[i]) && std::isfinite(rdists[i]));
    const double expected = reference(coded, i, query);
    CHECK(std::abs(rdists[i] - expected) <= 1e-6 * (expected + 1.8e77));
  }
}

TEST(no_rows_and_equal_rows) {
  const ByteSteps none(ByteRanges(3));
  CHECK(none.unit() == 0 && none.centres() == std::vector<float>(3, 0.0f));
  const Table equal{{1.5f, -2, 0, 1.5f, -2, 0}, 2, 3};
  const Coded coded = code(equal, 2, MetricTransform(CodeSpace::l2, 3, 1, 0));
  const float query[3] = {1.5f, -2, 1};
  double rdists[2];
  BoundByteQuery(coded.steps, coded.transform, query)
      .rdists({coded.bytes.data(), 3, nullptr, 2}, coded.squares.data(), rdists);
  CHECK(rdists[0] == 1 && rdists[1] == 1 && coded.squares[0] == 0);
}

TEST(every_space_keeps_its_rows) {
  for (const std::size_t dims : {1u, 2u, 3u, 7u, 16u, 31u, 64u, 65u, 127u, 300u}) every_space(37, dims, 1, 1);
  every_space(1, 5, 1, 1);
  every_space(2, 33, 1'000, 1);
  every_space(90, 48, 1'000, 0.25f);
}

}  // namespace
