// Codes are the nearest on their grid, and a query's product with them is off by no more than its stated error.
#include "quantize/grid.h"

#include <cmath>
#include <limits>

#include "check.h"
#include "quantize/shapes.h"

using namespace nearabout;
using namespace nearabout::quantize;
using namespace nearabout::test;

namespace {

double value_of(const Grid& grid, std::size_t dimension, std::uint8_t code) {
  return double{grid.low[dimension]} + double{grid.step[dimension]} * code;
}

void codes_are_the_nearest(const Table& table) {
  const Grid grid = Grid::spanning(table.values, table.rows, table.dims);
  CHECK(grid.dims() == table.dims && grid.step.size() == table.dims && grid.middle.size() == table.dims);
  std::vector<std::uint8_t> codes(table.dims);
  for (std::size_t i = 0; i < table.rows; ++i) {
    grid.encode(table.row(i), codes.data());
    for (std::size_t j = 0; j < table.dims; ++j) {
      const double off = std::abs(double{table.row(i)[j]} - value_of(grid, j, codes[j]));
      CHECK(off <= 0.5001 * double{grid.step[j]} + 1e-6 * std::abs(double{table.row(i)[j]}));
    }
  }
}

TEST(values_off_the_grid_are_clipped) {
  const Grid grid{{0.0f, 0.0f, 0.0f, 0.0f}, {1.0f, 1.0f, 0.5f, 1e-30f}, {0.0f, 0.0f, 0.0f, 0.0f}};
  const float values[] = {-1e30f, 300.0f, 10.3f, 1e30f};
  std::uint8_t codes[4];
  grid.encode(values, codes);
  CHECK(codes[0] == 0 && codes[1] == 255 && codes[2] == 21 && codes[3] == 255);
}

// Values that overflowed earlier still get some code: the screen is abandoned later.
TEST(nan_gets_a_code) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> values{-infinity, infinity, std::nanf(""), 1};
  const Grid grid = Grid::spanning(values, 2, 2);
  std::uint8_t codes[2] = {1, 1};
  grid.encode(values.data() + 2, codes);
  CHECK_EQUAL(codes[0], 0);
  const GridQuery query(Grid{{0, 0}, {1, 1}, {0, 0}}, values.data());
  CHECK(!std::isfinite(query.scale) && query.bytes[0] == -127);
}

TEST(constant_dimensions_have_a_step) {
  const std::vector<float> values(60, 7.0f);
  const Grid grid = Grid::spanning(values, 20, 3);
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK(grid.step[j] > 0);
    std::uint8_t codes[3];
    grid.encode(values.data(), codes);
    CHECK(std::abs(value_of(grid, j, codes[j]) - 7) < 1e-6);
  }
}

TEST(integers_are_their_own_codes) {
  const std::vector<float> centre{100, 3, 255};
  const Grid bytes = Grid::of_integers(centre, 0);
  for (int value = 0; value <= 255; ++value) {
    const float centred[] = {static_cast<float>(value) - 100, static_cast<float>(value) - 3,
                             static_cast<float>(value) - 255};
    std::uint8_t codes[3];
    bytes.encode(centred, codes);
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK_EQUAL(codes[j], value);
      CHECK_EQUAL(value_of(bytes, j, codes[j]), double{centred[j]});
    }
  }
  const Grid with_sign = Grid::of_integers({-5}, -128);
  CHECK(value_of(with_sign, 0, 0) == -123 && value_of(with_sign, 0, 255) == 132);
  CHECK_EQUAL(with_sign.middle[0], 123);
}

// Returns the mean error as a fraction of its bound.
double check_products(const char* shape, const Grid& grid, const Table& queries, Generator& random) {
  double used = 0;
  std::size_t count = 0;
  for (std::size_t q = 0; q < queries.rows; ++q) {
    const GridQuery query(grid, queries.row(q));
    CHECK_EQUAL(query.bytes.size(), (grid.dims() + 3) / 4 * 4);
    for (int trial = 0; trial < 50; ++trial) {
      double truth = 0, spread = 0, size = 0;
      std::int64_t sum = 0;
      for (std::size_t j = 0; j < grid.dims(); ++j) {
        const auto code = static_cast<std::uint8_t>(trial == 0 ? 0 : trial == 1 ? 255 : random());
        truth += double{queries.row(q)[j]} * value_of(grid, j, code);
        size += std::abs(double{queries.row(q)[j]} * value_of(grid, j, code));
        spread += (code - double{grid.middle[j]}) * (code - double{grid.middle[j]});
        sum += query.bytes[j] * code;
      }
      const double known = double{query.scale} * static_cast<double>(sum) + query.constant;
      const double room = query.residual * std::sqrt(spread);
      CHECK(std::abs(static_cast<double>(sum)) <= query.largest_sum);
      if (!(std::abs(known - truth) <= room + 1e-12 * size))
        FAIL(shape, ": query ", q, ": product ", truth, " taken for ", known, " (room ", room, ")");
      used += room > 0 ? std::abs(known - truth) / room : 0;
      ++count;
    }
    for (std::size_t j = grid.dims(); j < query.bytes.size(); ++j) CHECK_EQUAL(query.bytes[j], 0);
  }
  return used / static_cast<double>(count);
}

TEST(products_are_known_within_their_room) {
  Generator random(2);
  for (const std::size_t dims : {1u, 3u, 16u, 101u, 400u}) {
    const Grid grid = [&] {
      const Table table = normal(random, 200, dims, 0.5, 2);
      return Grid::spanning(table.values, table.rows, dims);
    }();
    for (const float factor : {1.0f, 1e-30f, 1e-42f, 1e20f})
      CHECK(check_products("normal", grid, scaled(normal(random, 10, dims), factor), random) <
            (dims < 10 ? 1.01 : 0.7));
    check_products("zero", grid, scaled(normal(random, 1, dims), 0), random);
    check_products("one-hot", grid, sparse(random, 5, dims, 1, 1), random);
  }
  const Table wide = badly_scaled(random, 200, 64);
  check_products("badly scaled", Grid::spanning(wide.values, 200, 64), badly_scaled(random, 10, 64), random);
  const Grid bytes = Grid::of_integers(std::vector<float>(50, 30.0f), 0);
  check_products("bytes", bytes, normal(random, 10, 50, 0, 40), random);
}

TEST(codes_are_the_nearest) {
  Generator random(1);
  codes_are_the_nearest(normal(random, 200, 33));
  codes_are_the_nearest(normal(random, 200, 5, 1e4, 1));
  codes_are_the_nearest(scaled(normal(random, 200, 20), 1e-20f));
  codes_are_the_nearest(badly_scaled(random, 200, 20));
  codes_are_the_nearest(sparse(random, 200, 20, 1, 3));
}

}  // namespace
