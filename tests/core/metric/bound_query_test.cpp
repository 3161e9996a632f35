// A bound query orders rows as slow references do, for every metric and element type; its reduced distances and
// distances agree, and a radius includes rows at exactly that distance.
#include "metric/bound_query.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "base/convert.h"
#include "base/error.h"
#include "check.h"

using namespace nearabout;
using namespace nearabout::metric;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const Metric kReal[] = {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot, Metric::manhattan};
const Element kNumbers[] = {Element::f32, Element::f16, Element::bf16, Element::u8, Element::i8};

// The distance by its definition, and the magnitude that its rounding error is relative to.
struct Expected {
  double distance;
  double magnitude;
};

Expected reference(Metric metric, const std::vector<float>& query, const float* row) {
  long double square = 0, product = 0, sum = 0, of_query = 0, of_row = 0, magnitude = 0;
  for (std::size_t j = 0; j < query.size(); ++j) {
    const long double q = query[j], x = row[j];
    square += (q - x) * (q - x);
    sum += std::fabs(q - x);
    product += q * x;
    magnitude += std::fabs(q * x);
    of_query += q * q;
    of_row += x * x;
  }
  const long double lengths = std::sqrt(of_query) * std::sqrt(of_row);
  const auto result = [](long double distance, long double size) {
    return Expected{static_cast<double>(distance), static_cast<double>(size)};
  };
  if (metric == Metric::euclidean) return result(std::sqrt(square), std::sqrt(square));
  if (metric == Metric::sqeuclidean) return result(square, square);
  if (metric == Metric::manhattan) return result(sum, sum);
  if (metric == Metric::dot) return result(-product, magnitude);
  return result(lengths > 0 ? 1 - product / lengths : 1, 2);
}

struct Rows {
  std::vector<std::byte> stored;
  std::vector<float> wide;
  std::size_t count, dims;
  Element element;
  kernels::Rows view() const { return {stored.data(), row_bytes(element, dims), nullptr, count}; }
};

Rows random_rows(std::mt19937& random, Element element, std::size_t count, std::size_t dims) {
  Rows rows{std::vector<std::byte>(count * row_bytes(element, dims)), std::vector<float>(count * dims), count, dims,
            element};
  for (float& value : rows.wide) {
    if (element == Element::u8)
      value = static_cast<float>(random() % 256);
    else if (element == Element::i8)
      value = static_cast<float>(random() % 256) - 128;
    else
      value = static_cast<float>(std::normal_distribution<double>(0.1, 3)(random));
  }
  for (std::size_t i = 0; i < count; ++i)
    CHECK_EQUAL(from_f32(rows.wide.data() + i * dims, dims, element, rows.stored.data() + i * row_bytes(element, dims)),
                dims);
  to_f32(element, rows.stored.data(), count * dims, rows.wide.data());
  return rows;
}

void check_query(Metric metric, const Rows& rows, const std::vector<float>& query, const void* given, Element element) {
  CASE(name_of(metric), " of ", name_of(rows.element), ", query as ", name_of(element), ", dims ", rows.dims);
  const BoundQuery bound(metric, rows.element, rows.dims, given, element);
  std::vector<double> rdists(rows.count);
  bound.rdists(rows.view(), rdists.data());
  for (std::size_t i = 0; i < rows.count; ++i) {
    const Expected expected = reference(metric, query, rows.wide.data() + i * rows.dims);
    const double distance = bound.distance(rdists[i]);
    if (!(std::abs(distance - expected.distance) <= 1e-13 * expected.magnitude))
      FAIL("row ", i, ": expected ", expected.distance, ", got ", distance);
    // A row is within its own distance, but not within less.
    CHECK(rdists[i] <= bound.rdist_within(distance));
    if (distance != 0) CHECK(!(rdists[i] <= bound.rdist_within(std::nextafter(distance, -kInfinity))));
  }
}

TEST(ranks_are_those_of_the_definition) {
  std::mt19937 random(1);
  for (const Metric metric : kReal)
    for (const Element element : kNumbers)
      for (const std::size_t dims : {1u, 2u, 15u, 16u, 17u, 100u, 333u}) {
        const Rows rows = random_rows(random, element, 40, dims);
        std::vector<float> query(rows.wide.begin(), rows.wide.begin() + static_cast<std::ptrdiff_t>(dims));
        if (query == std::vector<float>(dims, 0.0f)) query[0] = 1;
        check_query(metric, rows, query, query.data(), Element::f32);  // a row of the table: whole numbers if rows are
        for (float& value : query) value += 0.3f;
        check_query(metric, rows, query, query.data(), Element::f32);  // fractions
        for (float& value : query) value = std::nearbyint(value) * 3 - 500;
        check_query(metric, rows, query, query.data(), Element::f32);  // whole numbers beyond any byte
      }
}

// A query of the rows' own type, as in a search by key.
TEST(queries_of_the_rows_type) {
  std::mt19937 random(2);
  for (const Metric metric : kReal)
    for (const Element element : kNumbers) {
      const Rows rows = random_rows(random, element, 20, 37);
      for (std::size_t i = 0; i < 3; ++i) {
        const std::vector<float> query(rows.wide.begin() + static_cast<std::ptrdiff_t>(i * 37),
                                       rows.wide.begin() + static_cast<std::ptrdiff_t>((i + 1) * 37));
        check_query(metric, rows, query, rows.stored.data() + i * row_bytes(element, 37), element);
      }
    }
}

// Squares of integers are exact, so ties are too.
TEST(integers_are_exact) {
  std::mt19937 random(3);
  const Rows rows = random_rows(random, Element::u8, 50, 784);
  std::vector<float> query(rows.wide.begin(), rows.wide.begin() + 784);
  for (const float shift : {0.0f, 300.0f, -0.5f}) {  // bytes, beyond bytes, halves: all exact in float64
    for (float& value : query) value += shift;
    const BoundQuery bound(Metric::sqeuclidean, Element::u8, 784, query.data(), Element::f32);
    std::vector<double> rdists(50);
    bound.rdists(rows.view(), rdists.data());
    for (std::size_t i = 0; i < 50; ++i) {
      double square = 0;
      for (std::size_t j = 0; j < 784; ++j) {
        const double difference = double{query[j]} - double{rows.wide[i * 784 + j]};
        square += difference * difference;
      }
      CHECK_EQUAL(rdists[i], square);
    }
  }
}

void check_bits(std::size_t dims, const std::vector<std::byte>& query, const std::vector<std::byte>& rows) {
  const std::size_t bytes = row_bytes(Element::bits, dims);
  const std::size_t count = rows.size() / bytes;
  for (const Metric metric : {Metric::hamming, Metric::jaccard}) {
    const BoundQuery bound(metric, Element::bits, dims, query.data(), Element::bits);
    std::vector<double> rdists(count);
    bound.rdists({rows.data(), bytes, nullptr, count}, rdists.data());
    for (std::size_t i = 0; i < count; ++i) {
      int differing = 0, both = 0, either = 0;
      for (std::size_t j = 0; j < dims; ++j) {
        const bool a = (std::to_integer<int>(query[j / 8]) >> (j % 8) & 1) != 0;
        const bool b = (std::to_integer<int>(rows[i * bytes + j / 8]) >> (j % 8) & 1) != 0;
        differing += a != b;
        both += a && b;
        either += a || b;
      }
      const double distance = bound.distance(rdists[i]);
      const double expected = metric == Metric::hamming ? static_cast<double>(differing) / static_cast<double>(dims)
                              : either == 0             ? 0
                                                        : 1 - static_cast<double>(both) / either;
      CHECK(std::abs(distance - expected) <= 1e-15);
      CHECK(rdists[i] <= bound.rdist_within(distance));
      if (distance > 0) CHECK(!(rdists[i] <= bound.rdist_within(std::nextafter(distance, -1.0))));
    }
  }
}

TEST(bits_are_counted) {
  std::mt19937 random(4);
  for (const std::size_t dims : {1u, 7u, 8u, 9u, 49u, 64u, 300u}) {
    const std::size_t bytes = row_bytes(Element::bits, dims);
    std::vector<std::byte> rows(30 * bytes);
    for (std::byte& byte : rows) byte = static_cast<std::byte>(random());
    std::fill_n(rows.begin(), bytes, std::byte{0});
    for (std::size_t i = 0; dims % 8 != 0 && i < 30; ++i)
      rows[i * bytes + bytes - 1] &= static_cast<std::byte>((1u << (dims % 8)) - 1);
    check_bits(dims, std::vector<std::byte>(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(bytes)), rows);
    check_bits(dims, std::vector<std::byte>(rows.end() - static_cast<std::ptrdiff_t>(bytes), rows.end()), rows);
  }
}

// Square roots and quotients round: a radius computed with them must still include rows at exactly that distance.
TEST(a_radius_is_inclusive) {
  const float one = 1;
  const BoundQuery euclidean(Metric::euclidean, Element::f32, 1, &one, Element::f32);
  for (int square = 0; square <= 2000; ++square) CHECK(euclidean.rdist_within(std::sqrt(square)) >= square);
  for (int square = 1; square <= 2000; ++square)
    CHECK(euclidean.rdist_within(std::nextafter(std::sqrt(square), 0.0)) < square);
  for (std::size_t dims = 1; dims <= 130; ++dims) {
    const std::vector<std::byte> query(row_bytes(Element::bits, dims));
    const BoundQuery hamming(Metric::hamming, Element::bits, dims, query.data(), Element::bits);
    for (std::size_t count = 0; count <= dims; ++count)
      CHECK(hamming.rdist_within(static_cast<double>(count) / static_cast<double>(dims)) >= static_cast<double>(count));
  }
}

TEST(limits_of_a_radius) {
  const float query[] = {1, 2};
  for (const Metric metric :
       {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::manhattan, Metric::haversine}) {
    const BoundQuery bound(metric, Element::f32, 2, query, Element::f32);
    CHECK_EQUAL(bound.rdist_within(0), 0);
    CHECK_EQUAL(bound.rdist_within(-1), -kInfinity);
    CHECK_EQUAL(bound.rdist_within(kInfinity), kInfinity);
    CHECK(bound.rdist_within(1e200) >= 1e200);
    CHECK_EQUAL(bound.rdist_within(std::numeric_limits<double>::quiet_NaN()), -kInfinity);
  }
  const BoundQuery dot(Metric::dot, Element::f32, 2, query, Element::f32);
  CHECK(dot.rdist_within(-20) == -20 && dot.rdist_within(3) == 3);
}

TEST(bad_queries_are_refused) {
  const float nan[] = {1, std::numeric_limits<float>::quiet_NaN()};
  const float infinite[] = {-std::numeric_limits<float>::infinity(), 1};
  const float zero[] = {0, -0.0f};
  const float beyond_the_pole[] = {90.001f, 0};
  for (const Metric metric : kReal) {
    CHECK_THROWS(BoundQuery(metric, Element::f32, 2, nan, Element::f32), InvalidInputError);
    CHECK_THROWS(BoundQuery(metric, Element::u8, 2, infinite, Element::f32), InvalidInputError);
  }
  CHECK_THROWS(BoundQuery(Metric::cosine, Element::f32, 2, zero, Element::f32), InvalidInputError);
  CHECK_THROWS(BoundQuery(Metric::cosine, Element::u8, 2, zero, Element::f32), InvalidInputError);
  CHECK_EQUAL(BoundQuery(Metric::dot, Element::f32, 2, zero, Element::f32).norm(), 0);
  CHECK_THROWS(BoundQuery(Metric::haversine, Element::f32, 2, beyond_the_pole, Element::f32), InvalidInputError);
}

// For every layout of rows and every type of query.
TEST(equal_vectors_have_rank_zero) {
  std::mt19937 random(3);
  for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::manhattan})
    for (const Element element : kNumbers)
      for (const std::size_t dims : {1u, 3u, 16u, 50u, 333u}) {
        const Rows rows = random_rows(random, element, 60, dims);
        for (std::uint32_t i = 0; i < rows.count; ++i) {
          const float* const query = rows.wide.data() + i * dims;
          if (metric == Metric::cosine && std::all_of(query, query + dims, [](float x) { return x == 0; })) continue;
          const BoundQuery bound(metric, element, dims, query, Element::f32);
          std::vector<double> rdists(rows.count);
          bound.rdists(rows.view(), rdists.data());
          CHECK_EQUAL(rdists[i], 0);
          double one = -1;
          bound.rdists({rows.stored.data(), row_bytes(element, dims), &i, 1}, &one);
          CHECK_EQUAL(one, 0);
        }
      }
}

}  // namespace
