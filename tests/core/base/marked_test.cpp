// A mark and a row in one number, against the pair that it stands for.
#include "base/marked.h"

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
  float mark;
  std::uint32_t row;
};

// By mark, then by row. Of zeros the negative one is first: the only marks that are equal and yet told apart.
bool before(const Plain& left, const Plain& right) {
  if (left.mark != right.mark) return left.mark < right.mark;
  if (std::signbit(left.mark) != std::signbit(right.mark)) return std::signbit(left.mark);
  return left.row < right.row;
}

bool is(const Marked& marked, const Plain& plain) {
  return std::bit_cast<std::uint32_t>(marked.mark()) == std::bit_cast<std::uint32_t>(plain.mark) &&
         marked.row() == plain.row;
}

std::vector<float> all_sorts_of_marks() {
  using Limits = std::numeric_limits<float>;
  std::vector<float> marks{0.0f,     Limits::denorm_min(),       Limits::min(), 1e-20f, 0.5f,
                           1.0f,     std::nextafter(1.0f, 2.0f), 2.0f,          1e20f,  Limits::max(),
                           kInfinity};
  for (std::size_t i = 0, count = marks.size(); i < count; ++i) marks.push_back(-marks[i]);
  return marks;
}

void what_goes_in_comes_out() {
  for (const float mark : all_sorts_of_marks())
    for (const std::uint32_t row : {0u, 1u, 0x7FFF'FFFFu, 0x8000'0000u, 0xFFFF'FFFFu})
      CHECK(is(Marked(mark, row), {mark, row}));
  const float no_number = Marked(std::nanf(""), 7).mark();
  CHECK(std::isnan(no_number));
}

void every_pair_is_ordered_as_its_parts_are() {
  std::vector<Plain> plain;
  for (const float mark : all_sorts_of_marks())
    for (const std::uint32_t row : {0u, 1u, 9u, 0x8000'0000u, 0xFFFF'FFFFu}) plain.push_back({mark, row});
  for (const Plain& left : plain)
    for (const Plain& right : plain) {
      const Marked one(left.mark, left.row);
      const Marked other(right.mark, right.row);
      CHECK((one < other) == before(left, right));
      CHECK((one == other) == (!before(left, right) && !before(right, left)));
    }
}

void sorting_is_sorting() {
  std::mt19937 random(1);
  std::vector<Plain> plain(20'000);
  for (Plain& one : plain) {  // any bits that are a number, and many ties
    do one.mark = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    while (std::isnan(one.mark));
    if (random() % 2 == 0) one.mark = static_cast<float>(static_cast<int>(random() % 9) - 4);
    one.row = static_cast<std::uint32_t>(random() % 1'000);
  }
  std::vector<Marked> marked;
  for (const Plain& one : plain) marked.emplace_back(one.mark, one.row);
  std::sort(marked.begin(), marked.end());
  std::sort(plain.begin(), plain.end(), before);
  CHECK(std::equal(marked.begin(), marked.end(), plain.begin(), plain.end(), is));
}

// What a search relies on when it drops all that is beyond a limit.
void the_last_row_is_after_all_of_its_mark() {
  for (const float mark : all_sorts_of_marks()) {
    const Marked last(mark, 0xFFFF'FFFFu);
    CHECK(!(Marked(mark, 0xFFFF'FFFEu) > last));
    if (mark < kInfinity) CHECK(Marked(std::nextafter(mark, kInfinity), 0) > last);
  }
}

}  // namespace

int main() {
  what_goes_in_comes_out();
  every_pair_is_ordered_as_its_parts_are();
  sorting_is_sorting();
  the_last_row_is_after_all_of_its_mark();
  return test::report("base_marked");
}
