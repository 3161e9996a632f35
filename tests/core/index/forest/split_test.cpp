// A split: a plane between two clusters, rows on either side of it in order, enough on each.
#include "index/forest/split.h"

#include "check.h"
#include "index/forest/codes.h"
#include "kernels/kernels.h"

using namespace nearabout;
using namespace nearabout::forest;
using namespace nearabout::test;
using quantize::Grid;

namespace {

bool no_direction(const Plane& plane) {
  return std::all_of(plane.normal.begin(), plane.normal.end(), [](std::int8_t weight) { return weight == 0; });
}

// Checks that rows below the threshold are on the left and the others on the right, each side in order; or that nothing
// moved.
void check_division(const CodeTable& table, const std::vector<std::uint32_t>& before, unsigned seed) {
  const Grid grid = uneven_grid(table.width);
  const Codes codes = table.codes();
  Splitter splitter(codes, grid);
  Random random(seed);
  const Plane plane = splitter.plane(before.data(), before.size(), random);
  CHECK_EQUAL(plane.normal.size(), kernels::padded_dims(table.width));
  std::vector<std::uint32_t> rows = before;
  const auto [left, by_plane, threshold] = splitter.divide(plane, rows.data(), rows.size());
  const std::size_t least = std::max<std::size_t>(1, before.size() / 16);
  CHECK(left >= least && before.size() - left >= least);
  if (!by_plane) {  // all too much alike: cut in half
    CHECK(rows == before && left == before.size() / 2);
    return;
  }
  std::vector<std::uint32_t> expected;
  for (const bool side : {true, false})
    for (const std::uint32_t row : before)
      if ((product(plane, table.codes().row(row), table.width) < threshold) == side) expected.push_back(row);
  CHECK_EQUAL(rows, expected);
}

TEST(rows_are_parted_by_a_plane) {
  for (const std::size_t width : {1u, 2u, 3u, 5u, 16u, 33u, 64u})
    for (const unsigned levels : {1u, 2u, 5u, 255u})
      for (const std::size_t count : {2u, 3u, 15u, 16u, 17u, 33u, 255u, 256u, 257u, 1'000u}) {
        const CodeTable table = random_codes(count, width, levels, static_cast<unsigned>(width + count));
        check_division(table, numbers_up_to(count), levels);
      }
  const CodeTable table = clustered_codes(5'000, 24, 7, 3);
  std::vector<std::uint32_t> some;  // rows from anywhere in a table, in any order
  std::mt19937 random(4);
  for (int i = 0; i < 900; ++i) some.push_back(static_cast<std::uint32_t>(random() % 5'000));
  check_division(table, some, 9);
}

// Too few rows for a side of their own: the plane moves to the median, where many rows may be.
TEST(a_few_far_away_do_not_get_a_side) {
  for (const std::size_t far : {1u, 3u, 5u, 6u, 9u})
    for (const unsigned levels : {1u, 3u, 60u}) {
      CodeTable table = random_codes(100, 7, levels, static_cast<unsigned>(far));
      for (std::uint8_t& code : table.values) code /= 4;
      for (std::size_t i = 0; i < far * table.width; ++i) table.values[i] = 255;
      check_division(table, numbers_up_to(100), levels);
    }
}

TEST(two_clusters_are_told_apart) {
  for (const std::size_t width : {2u, 8u, 40u})
    for (unsigned seed = 0; seed < 20; ++seed) {
      CodeTable table = random_codes(600, width, 255, seed);
      for (std::size_t i = 0; i < 600; ++i)  // every third row in a corner of its own
        for (std::size_t j = 0; j < width; ++j) {
          std::uint8_t& code = table.values[i * width + j];
          code = static_cast<std::uint8_t>((i % 3 == 0 ? 200 : 20) + code % 30);
        }
      const Grid grid = uneven_grid(width);
      const Codes codes = table.codes();
      Splitter splitter(codes, grid);
      Random random(seed);
      std::vector<std::uint32_t> rows = numbers_up_to(600);
      const Plane plane = splitter.plane(rows.data(), rows.size(), random);
      const std::size_t left = splitter.divide(plane, rows.data(), rows.size()).left;
      CHECK(left == 200 || left == 400);
      for (std::size_t i = 1; i < left; ++i) CHECK_EQUAL((rows[i] % 3 == 0), (rows[0] % 3 == 0));
    }
}

TEST(equal_rows_have_no_plane_and_two_halves) {
  const CodeTable table = random_codes(100, 12, 1, 1);
  const Grid grid = uneven_grid(12);
  const Codes codes = table.codes();
  Splitter splitter(codes, grid);
  Random random(1);
  for (const std::size_t count : {2u, 3u, 17u, 100u}) {
    std::vector<std::uint32_t> rows = numbers_up_to(count);
    const Plane plane = splitter.plane(rows.data(), count, random);
    CHECK(no_direction(plane));
    const Splitter::Division division = splitter.divide(plane, rows.data(), count);
    CHECK(division.left == count / 2 && !division.by_plane);
    CHECK_EQUAL(rows, numbers_up_to(count));
  }
}

// Steps so long that their squares leave the range of floats, and so short that they vanish.
TEST(grids_of_any_size) {
  const CodeTable table = random_codes(300, 6, 255, 2);
  for (const float step : {1e-38f, 1e-20f, 1e15f, 3e38f}) {
    Grid grid = uneven_grid(6);
    for (float& one : grid.step) one = step;
    const Codes codes = table.codes();
    Splitter splitter(codes, grid);
    Random random(3);
    std::vector<std::uint32_t> rows = numbers_up_to(300);
    const Plane plane = splitter.plane(rows.data(), 300, random);
    CHECK(!no_direction(plane));
    const std::size_t left = splitter.divide(plane, rows.data(), rows.size()).left;
    CHECK(left >= 18 && left <= 282);
    CHECK(is_permutation(rows, 300));
  }
}

}  // namespace
