#include "quantize/grouping.h"

#include "check.h"

using namespace nearabout::quantize;

namespace {

using Ids = std::vector<std::uint32_t>;

TEST(points_keep_their_order) {
  const Grouping grouping({2, 0, 2, 2, 4, 0}, 5);
  CHECK_EQUAL(grouping.clusters(), 5);
  const Ids expected[] = {{1, 5}, {}, {0, 2, 3}, {}, {4}};
  const std::size_t firsts[] = {0, 2, 2, 5, 5, 6};
  for (std::size_t cluster = 0; cluster < 5; ++cluster) {
    const auto members = grouping.members(cluster);
    CHECK_EQUAL(Ids(members.begin(), members.end()), expected[cluster]);
    CHECK_EQUAL(grouping.size(cluster), expected[cluster].size());
    CHECK_EQUAL(grouping.first(cluster), firsts[cluster]);
  }
  CHECK_EQUAL(grouping.first(5), 6);
}

TEST(no_points) {
  const Grouping grouping({}, 3);
  CHECK_EQUAL(grouping.clusters(), 3);
  for (std::size_t cluster = 0; cluster < 3; ++cluster) CHECK_EQUAL(grouping.size(cluster), 0);
}

}  // namespace
