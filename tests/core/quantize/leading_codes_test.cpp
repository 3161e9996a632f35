// Codes give unbiased estimates with the error that theory predicts; packed in blocks and scanned by the kernels, they
// give the same estimates.
#include "quantize/leading_codes.h"

#include <cmath>
#include <cstdio>

#include "check.h"
#include "kernels/kernels.h"
#include "quantize/scanned_codes.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::quantize;
using namespace nearabout::test;

namespace {

constexpr CodeShape kShapes[] = {{32, 1}, {96, 1}, {256, 1}, {16, 2}, {48, 2}, {256, 2},
                                 {8, 4},  {64, 4}, {200, 4}, {4, 8},  {64, 8}, {192, 8}};

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += double{a[j]} * double{b[j]};
  return sum;
}

// Returns a unit vector at a right angle to `other`, uniform among all such vectors.
std::vector<float> across(Generator& random, const std::vector<float>& other) {
  Table drawn = normal(random, 1, other.size());
  const double along = dot(drawn.values, other) / std::max(dot(other, other), 1e-300);
  for (std::size_t j = 0; j < other.size(); ++j) drawn.values[j] -= static_cast<float>(along * double{other[j]});
  const auto length = static_cast<float>(std::sqrt(dot(drawn.values, drawn.values)));
  for (float& value : drawn.values) value /= length;
  return drawn.values;
}

// Returns the fraction of a normal residual that its levels preserve: cos^2 between the two, 1 minus J. Max's
// distortion.
double kept_share(std::size_t bits) { return bits == 1 ? 0.6366 : bits == 2 ? 0.8825 : 0.9905; }

// Residual and query at a fixed angle, rotated at random, about a centroid that is rotated, too.
void estimates_are_unbiased(const CodeShape& shape) {
  constexpr double kResidual = 0.7, kAlong = 0.4, kAcross = 1.5, kRest = 0.25;
  constexpr std::size_t kTrials = 4'000;
  Generator random(static_cast<unsigned>(shape.directions * 10 + shape.bits));
  const PcaCodes codes(shape);
  const std::size_t m = shape.directions;
  double sum = 0, squares = 0;
  for (std::size_t trial = 0; trial < kTrials; ++trial) {
    const std::vector<float> first = across(random, std::vector<float>(m, 0.0f));
    const std::vector<float> second = across(random, first);
    const Table centroid = normal(random, 1, m, 0, 0.3);
    std::vector<float> projection(m), query(m);
    for (std::size_t j = 0; j < m; ++j) {
      projection[j] = centroid.values[j] + static_cast<float>(kResidual) * first[j];
      query[j] = centroid.values[j] + static_cast<float>(kAlong) * first[j] + static_cast<float>(kAcross) * second[j];
    }
    std::vector<std::uint8_t> packed(shape.bytes());
    const RowTerms terms =
        codes.encode(projection.data(), centroid.values.data(), static_cast<float>(kRest), packed.data());
    const double exact = kResidual * kResidual + kRest - 2 * kResidual * kAlong;
    const double error = codes.estimate(query.data(), packed.data(), terms) - exact;
    sum += error;
    squares += error * error;
  }
  const double deviation = std::sqrt(squares / kTrials);
  const double fraction = kept_share(shape.bits);
  const double expected = 2 * kResidual * kAcross * std::sqrt((1 / fraction - 1) / static_cast<double>(m - 1));
  const double ratio = deviation / expected;
  const double bias = sum / kTrials / deviation * std::sqrt(static_cast<double>(kTrials));
  if (!(std::abs(bias) < 4 && ratio > 0.85 && ratio < 1.15))
    std::printf("%zu directions, %zu bits: bias %g deviations, error %g of what is expected\n", m, shape.bits, bias,
                ratio);
  CHECK(std::abs(bias) < 4);
  CHECK(ratio > 0.85 && ratio < 1.15);
}

void kernels_estimate_the_same(const CodeShape& shape, std::size_t rows) {
  Generator random(static_cast<unsigned>(shape.directions + rows));
  const PcaCodes codes(shape);
  const Table centroid = normal(random, 1, shape.directions);
  const Encoded encoded = encode(codes, of_many_lengths(random, rows, shape.directions), centroid.row(0));
  const Table query = normal(random, 1, shape.directions, 0.2, 2);
  expect_scans_estimate_the_same(encoded, query.row(0));
  for (std::size_t i = 0; i < rows; ++i) {
    const double estimate = codes.estimate(query.row(0), encoded.row(i), encoded.terms[i]);
    CHECK(std::abs(estimate - estimate_of(encoded, i, query.row(0))) <= 1e-5 * (1 + std::abs(estimate)));
  }
}

// Codes are where the documentation of the format says.
TEST(codes_lie_in_lines) {
  Generator random(3);
  for (const std::size_t lines : {1u, 3u, 8u}) {
    std::vector<std::uint8_t> block(kernels::block_bytes(lines), 0);
    std::vector<std::vector<std::uint8_t>> rows;
    for (std::size_t place = 0; place < 16; ++place) {
      rows.emplace_back(lines * 4);
      for (std::uint8_t& byte : rows.back()) byte = static_cast<std::uint8_t>(random());
      put_codes(rows.back().data(), {lines * 32, 1}, place, block.data());
    }
    for (std::size_t place = 0; place < 16; ++place)
      for (std::size_t code = 0; code < lines * 8; ++code) {
        const std::uint8_t both = block[code / 8 * 64 + code % 4 * 16 + place];
        const unsigned expected = static_cast<unsigned>(rows[place][code / 2]) >> (code % 2 * 4) & 15u;
        CHECK_EQUAL((code % 8 < 4 ? both & 15u : both >> 4u), expected);
      }
    for (std::size_t at = lines * 64; at < block.size(); ++at) CHECK_EQUAL(block[at], 0);  // terms are unchanged
  }
}

TEST(bytes_lie_in_lines) {
  const CodeShape shape{12, 8};
  std::vector<std::uint8_t> block(kernels::block_bytes(shape.lines()), 0);
  std::vector<std::uint8_t> row(shape.bytes());
  for (std::size_t place = 0; place < 16; ++place) {
    for (std::size_t j = 0; j < 12; ++j) row[j] = static_cast<std::uint8_t>(place * 12 + j);
    put_codes(row.data(), shape, place, block.data());
  }
  for (std::size_t place = 0; place < 16; ++place)
    for (std::size_t j = 0; j < 12; ++j) CHECK_EQUAL(block[j / 4 * 64 + place * 4 + j % 4], place * 12 + j);
  for (std::size_t at = shape.lines() * 64; at < block.size(); ++at) CHECK_EQUAL(block[at], 0);
}

// A row at its centroid, residuals whose squares barely fit, and a zero query give no NaN.
TEST(nothing_is_not_a_number) {
  for (const CodeShape& shape : kShapes) {
    const PcaCodes codes(shape);
    const std::vector<float> zero(shape.directions, 0.0f), one(shape.directions, 1.0f);
    std::vector<std::uint8_t> packed(shape.bytes());
    const RowTerms on_it = codes.encode(one.data(), one.data(), 0.5f, packed.data());
    CHECK(on_it.offset == 0.5f && on_it.scale == 0);
    CHECK_EQUAL(codes.estimate(one.data(), packed.data(), on_it), 0.5);
    for (const float size : {1e-25f, 1e-12f, 1e8f, 1e15f}) {
      const std::vector<float> projection(shape.directions, size);
      const RowTerms terms = codes.encode(projection.data(), zero.data(), 0, packed.data());
      const double square = static_cast<double>(shape.directions) * double{size} * double{size};
      CHECK(std::abs(codes.estimate(projection.data(), packed.data(), terms) + square) <= 1e-5 * square + 1e-37);
    }
    std::vector<std::int8_t> tables(shape.query_bytes(), 1);
    CHECK_EQUAL(codes.bind(zero.data(), tables.data()).unit, 0);
    CHECK_EQUAL(tables, std::vector<std::int8_t>(tables.size(), 0));
  }
}

TEST(estimates_are_unbiased_at_every_shape) {
  for (const CodeShape& shape : kShapes)
    if (shape.directions >= 16 && !shape.has_bytes()) estimates_are_unbiased(shape);
}

TEST(kernels_estimate_the_same_at_every_shape) {
  for (const CodeShape& shape : kShapes)
    for (const std::size_t rows : {1u, 15u, 16u, 17u, 100u}) kernels_estimate_the_same(shape, rows);
}

}  // namespace
