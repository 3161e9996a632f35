// The set of nodes that a walk has seen, against a set of the standard library.
#include "index/graph/node_set.h"

#include <set>

#include "base/random.h"
#include "check.h"

using namespace nearabout;

namespace {

TEST(nodes_are_added_once) {
  graph::NodeSet seen;
  for (std::uint64_t round = 0; round < 3; ++round) {
    std::set<std::uint32_t> expected;
    Random random(round);
    for (int i = 0; i < 5'000; ++i) {
      const auto node = static_cast<std::uint32_t>(random.next() % 4'000);
      CHECK_EQUAL(seen.add(node), expected.insert(node).second);
    }
    seen.clear();
  }
}

TEST(numbers_as_large_as_they_can_be) {
  graph::NodeSet seen;
  for (std::uint32_t node = 0xffff'f000; node < 0xffff'ffff; ++node) CHECK(seen.add(node));
  for (std::uint32_t node = 0xffff'f000; node < 0xffff'ffff; ++node) CHECK(!seen.add(node));
}

}  // namespace
