// Reduced distances computed from products and the rows' squared norms equal those without them, to the last bit.
#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "base/convert.h"
#include "check.h"
#include "metric/bound_query.h"

using namespace nearabout;
using namespace nearabout::metric;

namespace {

struct Rows {
  std::vector<std::byte> stored;
  std::vector<float> wide;
  std::size_t count, dims;
  Element element;
};

// Returns a row of zeros, rows at one end and at both ends of their range, and random rows.
Rows integer_rows(std::mt19937& random, Element element, std::size_t count, std::size_t dims) {
  Rows rows{std::vector<std::byte>(count * dims), std::vector<float>(count * dims), count, dims, element};
  const float low = element == Element::u8 ? 0 : -128;
  const float high = element == Element::u8 ? 255 : 127;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < dims; ++j) {
      const float mixed = random() % 2 == 0 ? low : high;
      const float any = static_cast<float>(random() % 256) + low;
      rows.wide[i * dims + j] = i == 0 ? 0 : i == 1 ? low : i == 2 ? high : i == 3 ? mixed : any;
    }
  from_f32(rows.wide.data(), count * dims, element, rows.stored.data());
  return rows;
}

// Checks that results with the rows' squared norms have the same bits: an index may use either.
void check_squares(Metric metric, const Rows& rows, std::size_t query_row) {
  const std::byte* const query = rows.stored.data() + query_row * rows.dims;
  const BoundQuery bound(metric, rows.element, rows.dims, query, rows.element);
  CHECK(bound.takes_squares());
  std::vector<std::uint32_t> numbers, squares;
  for (std::size_t i = 0; i < rows.count; ++i) {
    numbers.push_back(static_cast<std::uint32_t>(i * 7 % rows.count));
    double square = 0;
    for (std::size_t j = 0; j < rows.dims; ++j) {
      const float value = rows.wide[numbers[i] * rows.dims + j];
      square += double{value} * double{value};
    }
    squares.push_back(static_cast<std::uint32_t>(square));
  }
  const kernels::Rows listed{rows.stored.data(), rows.dims, numbers.data(), rows.count};
  std::vector<double> plain(rows.count), quick(rows.count);
  bound.rdists(listed, plain.data());
  bound.rdists(listed, squares.data(), quick.data());
  CHECK_EQUAL(std::memcmp(plain.data(), quick.data(), rows.count * sizeof(double)), 0);
}

TEST(squares_change_no_bit) {
  std::mt19937 random(5);
  for (const Element element : {Element::u8, Element::i8})
    for (const std::size_t dims : {1u, 3u, 16u, 31u, 64u, 100u, 785u, 65'535u}) {
      const Rows rows = integer_rows(random, element, dims > 1'000 ? 10 : 60, dims);
      for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot})
        for (std::size_t query = 0; query < 7; ++query) {
          const auto from = rows.wide.begin() + static_cast<std::ptrdiff_t>(query * dims);
          const bool zero = std::all_of(from, from + static_cast<std::ptrdiff_t>(dims), [](float x) { return x == 0; });
          if (!zero || metric != Metric::cosine) check_squares(metric, rows, query);
        }
    }
}

// If reduced distances do not follow from products, or the query is not of the rows' own type, squares are not used.
TEST(squares_are_taken_where_they_serve) {
  const std::uint8_t bytes[] = {1, 200};
  const float whole[] = {1, 200}, fraction[] = {1, 0.5f}, beyond[] = {-1, 200};
  for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot}) {
    CHECK(BoundQuery(metric, Element::u8, 2, bytes, Element::u8).takes_squares());
    CHECK(BoundQuery(metric, Element::u8, 2, whole, Element::f32).takes_squares());
    CHECK(!BoundQuery(metric, Element::u8, 2, fraction, Element::f32).takes_squares());
    CHECK(!BoundQuery(metric, Element::u8, 2, beyond, Element::f32).takes_squares());
    CHECK(!BoundQuery(metric, Element::f32, 2, whole, Element::f32).takes_squares());
  }
  CHECK(!BoundQuery(Metric::manhattan, Element::u8, 2, bytes, Element::u8).takes_squares());
  CHECK(!BoundQuery(Metric::hamming, Element::bits, 16, bytes, Element::bits).takes_squares());
}

}  // namespace
