// Compares the search with a slow one that follows Annoy's source, and with a scan of all items.
#include "annoy/search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <set>

#include "check.h"
#include "made.h"

using namespace nearabout;
using namespace nearabout::annoy;
using namespace nearabout::annoy::test;

namespace {

Trees trees_of(const Index& index, const std::byte* nodes, std::vector<std::uint32_t> roots) {
  return {&index.layout(), nodes, index.node_count(), index.item_count(), std::move(roots), "made"};
}

double margin(const Trees& trees, std::uint32_t number, const float* query) {
  double sum = 0;
  for (std::size_t i = 0; i < trees.layout->dims; ++i)
    sum += static_cast<double>(trees.floats(number)[i]) * static_cast<double>(query[i]);
  const bool offset = trees.layout->space == Space::euclidean || trees.layout->space == Space::manhattan;
  return offset ? sum + static_cast<double>(load_at<float>(trees.node(number), kOffsetAt)) : sum;
}

// Returns all items that Annoy's loop visits; for floats.
std::set<std::uint32_t> slow_gather(const Trees& trees, const float* query, std::size_t search_k) {
  std::priority_queue<std::pair<float, std::uint32_t>> queue;
  for (const std::uint32_t root : trees.roots) queue.emplace(std::numeric_limits<float>::infinity(), root);
  std::vector<std::uint32_t> seen;
  while (seen.size() < search_k && !queue.empty()) {
    const auto [priority, number] = queue.top();
    queue.pop();
    const std::byte* node = trees.node(number);
    const auto count = static_cast<std::size_t>(descendants(node));
    const auto child = [&](std::size_t which) {
      return load_at<std::uint32_t>(node, trees.layout->children + 4 * which);
    };
    if (number < trees.item_count) {
      if (count == 1) seen.push_back(number);
    } else if (count <= trees.layout->list_room) {
      for (std::size_t i = 0; i < count; ++i) seen.push_back(child(i));
    } else {
      const auto near = static_cast<float>(margin(trees, number, query));
      queue.emplace(std::min(priority, near), child(1));
      queue.emplace(std::min(priority, -near), child(0));
    }
  }
  std::set<std::uint32_t> items;
  for (const std::uint32_t item : seen)
    if (trees.is_item(item)) items.insert(item);
  return items;
}

TEST(descent_is_annoys) {
  for (const Space space : {Space::angular, Space::euclidean, Space::manhattan, Space::dot}) {
    Index index(space, 9);
    fill(index, 700, 5);
    index.build(4, 1, {});
    std::vector<std::uint32_t> roots;
    for (std::uint32_t root = index.node_count() - 4; root < index.node_count(); ++root) roots.push_back(root);
    const std::byte* nodes = index.stored_vector(0) - index.layout().vector;
    const Trees trees = trees_of(index, nodes, roots);
    Random random(9);
    Scratch scratch;
    for (int round = 0; round < 20; ++round) {
      const std::vector<float> query = random_vector(random, 9);
      const auto* bytes = static_cast<const std::byte*>(static_cast<const void*>(query.data()));
      for (const std::size_t effort : {1u, 30u, 200u, 100000u}) {
        const Found found = search(trees, bytes, -1, static_cast<std::int64_t>(effort), scratch);
        const std::set<std::uint32_t> items(found.items.begin(), found.items.end());
        CHECK_EQUAL(items, slow_gather(trees, query.data(), effort));
        CHECK_EQUAL(items.size(), found.items.size());
      }
    }
    CHECK(std::all_of(scratch.seen.begin(), scratch.seen.end(), [](std::uint64_t word) { return word == 0; }));
  }
}

// Checks that results are sorted by distance and then by item, and that nothing nearer is missing.
TEST(order_is_that_of_a_scan) {
  for (const Space space : kSpaces) {
    Index index(space, 70);
    fill(index, 400, 7);
    const std::vector<float> same(70, 1.0f);
    for (std::uint32_t item = 400; item < 420; ++item) index.add(item, same.data());  // ties
    index.build(3, 2, {});
    for (const std::uint32_t item : {1u, 50u, 405u}) {
      std::vector<std::pair<float, std::int32_t>> scan;
      for (std::uint32_t other = 0; other < index.item_count(); ++other)
        if (!index.is_hole(other)) {
          const float distance = index.distance(item, other);
          scan.emplace_back(space == Space::dot ? -distance : distance, static_cast<std::int32_t>(other));
        }
      std::sort(scan.begin(), scan.end());
      for (const std::size_t count : {1u, 10u, 30u, 1000u}) {
        const Found found = index.neighbours_of_item(item, static_cast<std::int64_t>(count), 1 << 30);
        CHECK_EQUAL(found.items.size(), std::min(count, scan.size()));
        for (std::size_t i = 0; i < found.items.size(); ++i) {
          const float expected = space == Space::dot ? -scan[i].first : scan[i].first;
          CHECK(std::abs(found.distances[i] - expected) <= 1e-5f * (1 + std::abs(expected)));
          if (i > 0 && found.distances[i] == found.distances[i - 1]) CHECK(found.items[i] > found.items[i - 1]);
        }
      }
    }
  }
}

TEST(a_vector_is_at_no_distance_of_itself) {
  for (const Space space : {Space::angular, Space::euclidean, Space::manhattan, Space::hamming}) {
    Index index(space, 33);
    fill(index, 900);
    index.build(2, 1, {});
    for (std::uint32_t item = 0; item < 900; item += 90) {
      const Found found = index.neighbours_of_item(item, 1, 1 << 30);
      CHECK(found.distances[0] < 1e-6f);
      CHECK(index.distance(item, item) < 1e-6f);
    }
  }
}

}  // namespace
