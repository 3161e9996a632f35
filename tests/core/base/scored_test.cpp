// Compares a score and a row packed into one number with the pair itself.
#include "base/scored.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "check.h"

using namespace nearabout;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Plain {
  float score;
  std::uint32_t row;
};

// Orders by score, then by row. Negative zero comes before zero: the only equal scores that are distinguished.
bool before(const Plain& left, const Plain& right) {
  if (left.score != right.score) return left.score < right.score;
  if (std::signbit(left.score) != std::signbit(right.score)) return std::signbit(left.score);
  return left.row < right.row;
}

bool is(const Scored& scored, const Plain& plain) {
  return std::bit_cast<std::uint32_t>(scored.score()) == std::bit_cast<std::uint32_t>(plain.score) &&
         scored.row() == plain.row;
}

std::vector<float> all_sorts_of_marks() {
  using Limits = std::numeric_limits<float>;
  std::vector<float> scores{0.0f,     Limits::denorm_min(),       Limits::min(), 1e-20f, 0.5f,
                            1.0f,     std::nextafter(1.0f, 2.0f), 2.0f,          1e20f,  Limits::max(),
                            kInfinity};
  for (std::size_t i = 0, count = scores.size(); i < count; ++i) scores.push_back(-scores[i]);
  return scores;
}

TEST(scored_rows_come_out_as_they_went_in) {
  for (const float score : all_sorts_of_marks())
    for (const std::uint32_t row : {0u, 1u, 0x7FFF'FFFFu, 0x8000'0000u, 0xFFFF'FFFFu})
      CHECK(is(Scored(score, row), {score, row}));
  const float no_number = Scored(std::nanf(""), 7).score();
  CHECK(std::isnan(no_number));
}

TEST(every_pair_is_ordered_as_its_parts_are) {
  std::vector<Plain> plain;
  for (const float score : all_sorts_of_marks())
    for (const std::uint32_t row : {0u, 1u, 9u, 0x8000'0000u, 0xFFFF'FFFFu}) plain.push_back({score, row});
  for (const Plain& left : plain)
    for (const Plain& right : plain) {
      const Scored one(left.score, left.row);
      const Scored other(right.score, right.row);
      CHECK_EQUAL((one < other), before(left, right));
      CHECK_EQUAL((one == other), (!before(left, right) && !before(right, left)));
    }
}

TEST(sorting_is_sorting) {
  std::mt19937 random(1);
  std::vector<Plain> plain(20'000);
  for (Plain& one : plain) {  // any bit pattern that is a number, and many ties
    do one.score = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    while (std::isnan(one.score));
    if (random() % 2 == 0) one.score = static_cast<float>(static_cast<int>(random() % 9) - 4);
    one.row = static_cast<std::uint32_t>(random() % 1'000);
  }
  std::vector<Scored> scored;
  for (const Plain& one : plain) scored.emplace_back(one.score, one.row);
  std::sort(scored.begin(), scored.end());
  std::sort(plain.begin(), plain.end(), before);
  CHECK(std::equal(scored.begin(), scored.end(), plain.begin(), plain.end(), is));
}

// A search relies on this order when it drops all rows beyond a limit.
TEST(the_last_row_is_after_all_of_its_score) {
  for (const float score : all_sorts_of_marks()) {
    const Scored last(score, 0xFFFF'FFFFu);
    CHECK(!(Scored(score, 0xFFFF'FFFEu) > last));
    if (score < kInfinity) CHECK(Scored(std::nextafter(score, kInfinity), 0) > last);
  }
}

}  // namespace
