// Codes on uniform levels: planes of bits scanned by the kernels as they are read one at a time, nearer with every bit,
// and numbers whatever is coded.
#include "quantize/uniform_codes.h"

#include <cmath>

#include "check.h"
#include "quantize/scanned_codes.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::quantize;
using namespace nearabout::test;

namespace {

constexpr std::size_t kDirections[] = {32, 64, 96, 192};
constexpr std::size_t kBits[] = {3, 4, 5, 6, 7};

// Steps from one to a tenth.
std::vector<float> fading_steps(std::size_t directions) {
  std::vector<float> steps(directions);
  for (std::size_t j = 0; j < directions; ++j)
    steps[j] = 1 - 0.9f * static_cast<float>(j) / static_cast<float>(directions);
  return steps;
}

// Rows that vary along each direction as much as its step.
Table fading_rows(Generator& random, std::size_t rows, std::size_t directions) {
  Table table = of_many_lengths(random, rows, directions);
  const std::vector<float> steps = fading_steps(directions);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < directions; ++j) table.row(i)[j] *= steps[j];
  return table;
}

TEST(kernels_estimate_the_same_at_every_shape) {
  for (const std::size_t directions : kDirections)
    for (const std::size_t bits : kBits)
      for (const std::size_t rows : {1u, 17u, 50u}) {
        Generator random(static_cast<unsigned>(directions + bits + rows));
        const UniformCodes codes({directions, bits}, fading_steps(directions));
        const Table centroid = normal(random, 1, directions);
        const Encoded encoded = encode(codes, fading_rows(random, rows, directions), centroid.row(0));
        expect_scans_estimate_the_same(encoded, normal(random, 1, directions, 0.2, 2).row(0));
      }
}

// The estimate of a row's distance from itself is what is left of it outside of the directions: none.
TEST(a_row_is_no_distance_from_itself) {
  for (const std::size_t bits : kBits) {
    Generator random(static_cast<unsigned>(bits));
    const UniformCodes codes({64, bits}, fading_steps(64));
    const Table rows = fading_rows(random, 20, 64), centroid = normal(random, 1, 64);
    for (std::size_t i = 0; i < rows.rows; ++i) {
      std::vector<std::uint8_t> packed(codes.shape().bytes());
      const RowTerms terms = codes.encode(rows.row(i), centroid.row(0), 0, packed.data());
      std::vector<float> said(64);
      codes.approximate(packed.data(), terms, said.data());
      double from_centroid = 0, estimate = double{terms.offset}, residual = 0;
      for (std::size_t j = 0; j < 64; ++j) {
        const double apart = double{rows.row(i)[j]} - double{centroid.row(0)[j]};
        from_centroid += apart * apart;
        residual += apart * apart;
        estimate -= double{rows.row(i)[j]} * double{said[j]};
      }
      // |x - c|^2 is what a query at the row adds.
      CHECK(std::abs(estimate + from_centroid) <= 1e-4 * residual);
    }
  }
}

double lost(std::size_t bits) {
  constexpr std::size_t kCoded = 64;
  Generator random(9);
  const UniformCodes codes({kCoded, bits}, fading_steps(kCoded));
  const Table rows = fading_rows(random, 100, kCoded);
  const std::vector<float> zero(kCoded, 0.0f);
  const Encoded encoded = encode(codes, rows, zero.data());
  std::vector<float> said(kCoded);
  double loss = 0, squares = 0;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    codes.approximate(encoded.row(i), encoded.terms[i], said.data());
    for (std::size_t j = 0; j < kCoded; ++j) {
      const double apart = double{said[j]} / 2 - double{rows.row(i)[j]};
      loss += apart * apart;
      squares += double{rows.row(i)[j]} * double{rows.row(i)[j]};
    }
  }
  return loss / squares;
}

// The loss of uniform levels of a normal distribution falls by about 3.5 times with each bit (J. Max, 1960).
TEST(each_bit_loses_less) {
  double before = lost(3);
  CHECK(before < 0.05);
  for (const std::size_t bits : {4u, 5u, 6u, 7u}) {
    const double loss = lost(bits);
    CHECK(loss < before / 2.5);
    before = loss;
  }
}

TEST(nothing_is_not_a_number) {
  for (const std::size_t bits : kBits) {
    const UniformCodes codes({32, bits}, fading_steps(32));
    const std::vector<float> zero(32, 0.0f), one(32, 1.0f);
    std::vector<std::uint8_t> packed(codes.shape().bytes());
    const RowTerms on_it = codes.encode(one.data(), one.data(), 0.5f, packed.data());
    CHECK(on_it.offset == 0.5f && on_it.scale == 0);
    for (const float size : {1e-30f, 1e-25f, 1e-12f, 1e8f, 1e15f}) {
      const RowTerms terms = codes.encode(std::vector<float>(32, size).data(), zero.data(), 0, packed.data());
      CHECK(std::isfinite(terms.offset) && std::isfinite(terms.scale) && terms.scale >= 0);
    }
    std::vector<std::int8_t> tables(codes.shape().query_bytes(), 1);
    CHECK_EQUAL(codes.bind(zero.data(), tables.data()).unit, 0);
    CHECK_EQUAL(tables, std::vector<std::int8_t>(tables.size(), 0));
  }
}

// Steps from a file may be anything above zero.
TEST(huge_steps_fill_tables_with_numbers) {
  for (const std::size_t bits : kBits)
    for (const float step : {1e-40f, 1e20f, 3e38f}) {
      const UniformCodes codes({32, bits}, std::vector<float>(32, step));
      for (const float query : {0.0f, 1.0f, -1e30f, 3e38f}) {
        std::vector<std::int8_t> tables(codes.shape().query_bytes());
        CHECK(std::isfinite(codes.bind(std::vector<float>(32, query).data(), tables.data()).unit));
        CHECK(largest_entry(codes.shape(), tables.data()) <= kernels::kMaxEntry);
      }
    }
}

}  // namespace
