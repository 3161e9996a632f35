// Settled efforts: each is found out once, the effort of every row is kept as well, and those of large k are not.
#include "index/settled_efforts.h"

#include <cstddef>
#include <optional>

#include "check.h"

using namespace nearabout;

namespace {

TEST(an_effort_is_settled_once) {
  index::SettledEfforts efforts;
  int settled = 0;
  const auto ask = [&](std::size_t k, std::optional<std::size_t> effort) {
    return efforts.of(k, [&] {
      ++settled;
      return effort;
    });
  };
  CHECK(ask(10, 7) == std::optional<std::size_t>(7));
  CHECK(ask(10, 8) == std::optional<std::size_t>(7));
  CHECK(ask(11, 0) == std::optional<std::size_t>(0));
  CHECK(ask(11, 5) == std::optional<std::size_t>(0));
  CHECK_EQUAL(settled, 2);
}

TEST(every_row_is_remembered) {
  index::SettledEfforts efforts;
  CHECK(!efforts.of(1, [] { return std::optional<std::size_t>(); }));
  CHECK(!efforts.of(1, [] { return std::optional<std::size_t>(3); }));
}

TEST(many_neighbours_are_settled_each_time) {
  index::SettledEfforts efforts;
  for (const std::size_t k : {std::size_t{128}, std::size_t{1'000'000}}) {
    CHECK(efforts.of(k, [] { return std::optional<std::size_t>(1); }) == std::optional<std::size_t>(1));
    CHECK(efforts.of(k, [] { return std::optional<std::size_t>(2); }) == std::optional<std::size_t>(2));
  }
}

}  // namespace
