// Edges lead in different directions, as the rule of the slow reference has it, and reach every node.
#include "index/graph/edges.h"

#include <algorithm>
#include <numeric>

#include "check.h"
#include "index/graph/partition.h"
#include "index/graph/prune.h"
#include "index/graph/reach.h"
#include "nodes.h"

using namespace nearabout;
using namespace nearabout::test;

namespace {

// Chooses as Pruning does, in double.
std::vector<std::uint32_t> chosen_slowly(const Nodes& nodes, std::uint32_t node, std::vector<std::uint32_t> others,
                                         double alpha, std::size_t degree) {
  std::ranges::sort(others, {}, [&](std::uint32_t other) { return std::pair(nodes.square(node, other), other); });
  std::vector<std::uint32_t> kept;
  for (const std::uint32_t u : others) {
    if (kept.size() == degree) break;
    const double own = nodes.square(node, u);
    if (std::ranges::none_of(kept, [&](std::uint32_t w) { return alpha * nodes.square(u, w) <= own; }))
      kept.push_back(u);
  }
  return kept;
}

TEST(pruning_is_that_of_the_reference) {
  const Nodes nodes(clustered(600, 24, 4));
  graph::Pruning pruning(nodes.points, 1.2, 16);
  std::size_t same = 0, all = 0;
  for (std::uint32_t node = 0; node < 60; ++node) {
    std::vector<std::uint32_t> others;
    for (std::uint32_t other = node + 1; other < node + 80; ++other) others.push_back(other * 7 % 600);
    std::erase(others, node);
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    const auto found = pruning.choose(node, others, false);
    const std::vector<std::uint32_t> expected = chosen_slowly(nodes, node, others, 1.2, 16);
    all += expected.size();
    for (const std::uint32_t one : expected) same += std::ranges::find(found, one) != found.end() ? 1u : 0u;
    CHECK(found.size() <= 16);
    CHECK(nodes.square(node, found[0]) <= 1.02 * nodes.square(node, expected[0]));
  }
  // Bytes round, so a decision between nearly equal distances may differ.
  CHECK(same * 20 >= all * 19);
}

TEST(free_places_are_filled) {
  const Nodes nodes(clustered(600, 24, 4));
  graph::Pruning pruning(nodes.points, 1.2, 16);
  std::vector<std::uint32_t> others(40);
  std::iota(others.begin(), others.end(), 1u);
  CHECK_EQUAL(pruning.choose(0, others, true).size(), 16);
  CHECK(pruning.choose(0, {}, true).empty());
  CHECK_EQUAL(pruning.choose(0, {5}, true).size(), 1);
}

TEST(all_nodes_are_reached) {
  // Far clusters, between which no candidates lead.
  const Nodes nodes(clustered(2'000, 6, 3, 1'000));
  graph::Candidates candidates(nodes.points.count());
  const auto order = graph::find_candidates(nodes.points, 1, candidates, 2, {});
  graph::Edges edges = graph::choose_edges(nodes.points, candidates, order, {}, 2, {});
  std::vector<std::uint32_t> entries{0};
  CHECK(!graph::unreachable_nodes(edges, entries).empty());
  graph::make_reachable(edges, entries);
  CHECK(graph::unreachable_nodes(edges, entries).empty());
  CHECK(entries.size() <= 60);
  for (std::uint32_t node = 0; node < edges.nodes(); ++node)
    CHECK(std::ranges::find(edges.of(node), node) == edges.of(node).end());
}

TEST(nodes_without_edges_become_entries) {
  graph::Edges edges(5, 16);
  std::vector<std::uint32_t> entries{2};
  graph::make_reachable(edges, entries);
  CHECK_EQUAL(entries.size(), 5);
}

TEST(an_edge_that_a_node_depends_on_is_not_replaced) {
  // 0 -> 1..16, each of which is reached by that edge alone, and 17, which nothing leads to.
  graph::Edges edges(18, 16);
  for (std::uint32_t to = 1; to <= 16; ++to) edges.add(0, to);
  edges.add(17, 0);
  edges.add(17, 3);
  std::vector<std::uint32_t> entries{0};
  graph::make_reachable(edges, entries);
  CHECK(graph::unreachable_nodes(edges, entries).empty());
  CHECK_EQUAL(entries.size(), 1);
  CHECK_EQUAL(edges.of(3)[0], 17);
}

}  // namespace
