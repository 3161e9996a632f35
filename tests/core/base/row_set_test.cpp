// Compares the set of visited rows with std::set: new or not, through growth and many calls of clear().
#include "base/row_set.h"

#include <random>
#include <set>
#include <vector>

#include "check.h"

using namespace nearabout;

namespace {

// Repeats `runs` times: inserts rows from `draw` into both until they have `count`, then clears both.
template <class Draw>
void compare(RowSet& rows, std::size_t runs, std::size_t count, Draw draw) {
  for (std::size_t run = 0; run < runs; ++run) {
    std::set<std::uint32_t> expected;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t row = draw();
      CHECK_EQUAL(rows.insert(row), expected.insert(row).second);
    }
    for (const std::uint32_t row : expected) CHECK(!rows.insert(row));
    rows.clear();
  }
}

TEST(a_row_is_new_once) {
  std::mt19937 random(1);
  for (const std::uint32_t range : {1u, 7u, 300u, 5'000u, 0xFFFF'FFFEu}) {
    RowSet rows;
    const auto draw = [&] { return static_cast<std::uint32_t>(random() % range); };
    for (const std::size_t count : {0u, 1u, 20u, 31u, 32u, 33u, 127u, 128u, 129u, 1'000u, 5'000u})
      compare(rows, 3, count, draw);
  }
}

// After it has grown, a set with few rows is cleared row by row: whole runs of slots, whichever row they hold.
TEST(many_small_runs_after_a_large_one) {
  std::mt19937 random(2);
  RowSet rows;
  compare(rows, 1, 3'000, [&] { return static_cast<std::uint32_t>(random()) >> 1; });
  for (const std::size_t count : {1u, 5u, 60u, 500u, 900u})
    compare(rows, 300, count, [&] { return static_cast<std::uint32_t>(random() % 2'000); });
}

// Rows that all start at the same slot: undoes the multiplier, so that the bits that choose a slot are the same.
TEST(rows_that_collide) {
  std::uint32_t inverse = 1;  // inverse of 0x9E3779B1 modulo 2^32, by Newton's iteration
  for (int step = 0; step < 5; ++step) inverse *= 2 - 0x9E37'79B1u * inverse;
  CHECK_EQUAL(inverse * 0x9E37'79B1u, 1);
  RowSet rows;
  for (const std::uint32_t slot : {0u, 100u, 255u}) {  // 255: probe sequences that wrap around the end
    std::uint32_t next = 0;
    const auto draw = [&] {
      ++next;
      return ((next % 45) << 20 | (slot + next % 3) << 7) * inverse;
    };
    compare(rows, 40, 60, draw);
  }
}

TEST(the_largest_row) {
  RowSet rows;
  CHECK(rows.insert(0xFFFF'FFFEu));
  CHECK(rows.insert(0));
  CHECK(!rows.insert(0xFFFF'FFFEu));
  rows.clear();
  CHECK(rows.insert(0xFFFF'FFFEu));
}

TEST(clearing_nothing) {
  RowSet rows;
  rows.clear();
  CHECK(rows.insert(3));
  rows.clear();
  rows.clear();
  CHECK(rows.insert(3));
}

}  // namespace
