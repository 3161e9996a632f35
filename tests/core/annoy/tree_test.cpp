// Invariants of a tree: each item in it once, sizes that add up, each item on its side of every plane; the same from
// the same seed for any number of threads; and a cancelled build leaves the items intact.
#include <cstring>
#include <functional>
#include <string>

#include "base/error.h"
#include "check.h"
#include "made.h"

using namespace nearabout;
using namespace nearabout::annoy;
using namespace nearabout::annoy::test;

namespace {

const std::byte* nodes_of(const Index& index) { return index.stored_vector(0) - index.layout().vector; }

std::string bytes_of(const Index& index) {
  const auto* nodes = static_cast<const char*>(static_cast<const void*>(nodes_of(index)));
  return {nodes, nodes + index.node_count() * index.layout().node_bytes};
}

// Counts each item below `number` and checks sizes on the way.
std::size_t walk(const Index& index, std::uint32_t number, bool root, std::vector<int>& times) {
  const Layout& layout = index.layout();
  const std::byte* node = nodes_of(index) + number * layout.node_bytes;
  if (number < index.item_count()) {
    ++times[number];
    return 1;
  }
  const auto count = static_cast<std::size_t>(descendants(node));
  const auto child = [&](std::size_t which) { return load_at<std::uint32_t>(node, layout.children + 4 * which); };
  if (count <= layout.list_room) {
    for (std::size_t i = 0; i < count; ++i) ++times[child(i)];
    return count;
  }
  const std::size_t below = walk(index, child(0), false, times) + walk(index, child(1), false, times);
  CHECK(root || below == count);
  return below;
}

TEST(every_item_once) {
  for (const Space space : kSpaces) {
    for (const std::uint32_t count : {2u, 5u, 60u, 1500u}) {
      Index index(space, 6);
      fill(index, count, count > 100 ? 4 : 0);
      index.build(3, 2, {});
      CHECK_EQUAL(index.tree_count(), 3);
      for (std::uint32_t root = index.node_count() - 3; root < index.node_count(); ++root) {
        std::vector<int> times(count);
        walk(index, root, true, times);
        for (std::uint32_t item = 0; item < count; ++item) CHECK_EQUAL(times[item], (index.is_hole(item) ? 0 : 1));
      }
    }
  }
}

TEST(splits_part_evenly_enough) {
  for (const Space space : kSpaces) {
    Index index(space, 40);
    fill(index, 4000);
    index.build(1, 1, {});
    const Layout& layout = index.layout();
    std::size_t lists = 0;
    for (std::uint32_t node = index.item_count(); node < index.node_count(); ++node) {
      const auto count = static_cast<std::size_t>(descendants(nodes_of(index) + node * layout.node_bytes));
      lists += count <= layout.list_room;
    }
    CHECK(lists >= 4000 / layout.list_room);
    CHECK(lists <= 4 * 4000 / layout.list_room);
  }
}

TEST(seeds_and_threads) {
  for (const Space space : kSpaces) {
    std::vector<std::string> bytes;
    for (const std::size_t threads : {1u, 2u, 7u}) {
      Index index(space, 12);
      fill(index, 800);
      index.build(11, threads, {});
      bytes.push_back(bytes_of(index));
    }
    CHECK_EQUAL(bytes[0], bytes[1]);
    CHECK_EQUAL(bytes[0], bytes[2]);
    Index index(space, 12);
    fill(index, 800);
    index.set_seed(7);
    index.build(11, 1, {});
    CHECK(bytes_of(index) != bytes[0]);
    index.unbuild();
    index.set_seed(1234567890987654321u);
    index.build(11, 3, {});
    CHECK_EQUAL(bytes_of(index), bytes[0]);
  }
}

TEST(stopping) {
  struct Enough {};
  Index index(Space::euclidean, 30);
  fill(index, 5000);
  const std::string items = std::string(static_cast<const char*>(static_cast<const void*>(nodes_of(index))),
                                        5000 * index.layout().node_bytes);
  for (const std::size_t threads : {1u, 3u}) {
    int looks = 0;
    const Monitor monitor = [&](double share) {
      CHECK(share >= 0 && share <= 1);
      if (++looks == 2) throw Enough{};
    };
    CHECK_THROWS(index.build(100000, threads, monitor), Enough);
    CHECK_EQUAL(looks, 2);
    CHECK_EQUAL(index.tree_count(), 0);
    CHECK_EQUAL(std::memcmp(items.data(), nodes_of(index), items.size()), 0);
  }
  index.build(2, 2, {});
  CHECK_EQUAL(index.tree_count(), 2);
}

TEST(item_beyond_the_limit_is_refused) {
  Index index(Space::angular, 3);
  const float vector[3] = {1, 2, 3};
  CHECK_THROWS(index.add(0x7FFF'FFFF, vector), InvalidInputError);
  CHECK_EQUAL(index.item_count(), 0);
}

}  // namespace
