// The choice of rows as queries, the sampling of the user's queries, and packing of queries into bits.
#include "index/calibration/calibration_queries.h"

#include "check.h"
#include "index/fixtures.h"

using namespace nearabout;
using namespace nearabout::calibration;
using namespace nearabout::test;

namespace {

TEST(rows_are_spread) {
  CHECK(held_out_rows(0).empty());
  CHECK_EQUAL(held_out_rows(1), std::vector<std::uint32_t>{0});
  CHECK((held_out_rows(3) == std::vector<std::uint32_t>{0, 1, 2}));
  for (const std::size_t rows : {383u, 384u, 385u, 1'000u, 1'535u, 1'536u, 100'003u, 4'000'000'000u}) {
    const std::vector<std::uint32_t> numbers = held_out_rows(rows);
    CHECK_EQUAL(numbers.size(), std::min<std::size_t>(rows, kHeldOutRows));
    CHECK(numbers.back() < rows);
    // One in each of as many equal parts: no gap is as large as two parts, up to rounding.
    const std::size_t part = rows / numbers.size() + 1;
    CHECK(numbers.front() < part && rows - numbers.back() <= part);
    for (std::size_t i = 1; i < numbers.size(); ++i)
      CHECK(numbers[i] > numbers[i - 1] && numbers[i] - numbers[i - 1] < 2 * part);
  }
}

TEST(rows_left_out_are_the_held_out_rows) {
  for (const std::size_t rows : {1'536u, 1'537u, 2'000u, 50'021u}) {
    std::vector<std::uint32_t> left_out;
    for (std::uint32_t row = 0; row < rows; ++row)
      if (is_held_out(row, rows)) left_out.push_back(row);
    CHECK_EQUAL(left_out, held_out_rows(rows));
  }
  for (const std::size_t rows : {1u, 384u, 1'535u})  // too few to hold any out
    for (std::size_t row = 0; row < rows; ++row) CHECK(!is_held_out(row, rows));
}

TEST(rows_serve_where_nothing_was_given) {
  const Table base = whole_numbers(2'000, 5, 1);
  for (const std::size_t step : {1u, 3u}) {
    const CalibrationQueries calibration_queries = sample_calibration_queries({}, base.reader(), 2'000, 5, step);
    const std::vector<std::uint32_t> numbers = held_out_rows(2'000);
    CHECK(calibration_queries.count() == numbers.size() / step &&
          calibration_queries.rows.size() == calibration_queries.count());
    for (std::size_t i = 0; i < calibration_queries.count(); ++i) {
      CHECK_EQUAL(calibration_queries.rows[i], numbers[i * step]);
      CHECK(std::equal(calibration_queries.vector(i), calibration_queries.vector(i) + 5,
                       base.row(calibration_queries.rows[i])));
    }
  }
}

// As many as are useful, from the whole range of the given queries, in order.
TEST(given_queries_are_capped) {
  const Table base = whole_numbers(10, 2, 2);
  Table given{std::vector<float>(2 * 5'000), 2};
  for (std::size_t i = 0; i < 5'000; ++i) given.row(i)[0] = static_cast<float>(i);
  const auto taken = [&](std::size_t count, std::size_t step) {
    return sample_calibration_queries({std::span(given.values).first(2 * count)}, base.reader(), 10, 2, step);
  };
  for (const std::size_t count : {1u, 700u, 1'024u}) {
    const CalibrationQueries calibration_queries = taken(count, 1);
    CHECK(calibration_queries.rows.empty() && calibration_queries.count() == count);
    for (std::size_t i = 0; i < count; ++i) CHECK_EQUAL(calibration_queries.vector(i)[0], static_cast<float>(i));
  }
  for (const std::size_t step : {1u, 3u}) {
    const CalibrationQueries calibration_queries = taken(5'000, step);
    CHECK(calibration_queries.rows.empty() && calibration_queries.count() == 1'024 / step);
    const float part = 5'000.0f / static_cast<float>(calibration_queries.count());
    for (std::size_t i = 0; i < calibration_queries.count(); ++i) {
      CHECK(calibration_queries.vector(i)[0] >= part * static_cast<float>(i) - 1);
      CHECK(calibration_queries.vector(i)[0] <= part * static_cast<float>(i + 1));
    }
  }
}

TEST(bits_are_asked_as_bits) {
  CalibrationQueries calibration_queries;
  calibration_queries.dims = 10;
  calibration_queries.vectors = {1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0};
  const EncodedQueries bits(calibration_queries, Element::bits);
  CHECK(bits.view().rows == 2 && bits.view().dims == 10 && bits.view().element == Element::bits);
  CHECK(bits.view().row(0)[0] == std::byte{0b1010'0101} && bits.view().row(0)[1] == std::byte{0b10});
  CHECK(bits.view().row(1)[0] == std::byte{0} && bits.view().row(1)[1] == std::byte{0b01});
  const EncodedQueries floats(calibration_queries, Element::u8);
  CHECK(floats.view().rows == 2 && floats.view().element == Element::f32 && floats.view().stride == 40);
}

TEST(given_rows_are_capped) {
  const Table base = whole_numbers(5'000, 3, 4);
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 4'999; row > 1'000; --row) rows.push_back(row);
  for (const std::size_t count : {1u, 700u, 3'000u}) {
    const CalibrationQueries calibration_queries =
        sample_calibration_queries({.rows = std::span(rows).first(count)}, base.reader(), 5'000, 3, 1);
    CHECK(calibration_queries.count() == std::min<std::size_t>(count, 1'024) &&
          calibration_queries.rows.size() == calibration_queries.count());
    for (std::size_t i = 0; i < calibration_queries.count(); ++i) {
      CHECK(std::equal(calibration_queries.vector(i), calibration_queries.vector(i) + 3,
                       base.row(calibration_queries.rows[i])));
      CHECK(calibration_queries.rows[i] <= 4'999 && calibration_queries.rows[i] > 4'999 - count);
    }
  }
}

}  // namespace
