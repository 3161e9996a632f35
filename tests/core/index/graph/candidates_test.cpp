// The nearest nodes that were offered are kept, whatever the order; most true neighbours are among them.
#include "index/graph/candidates.h"

#include <algorithm>
#include <random>

#include "check.h"
#include "index/graph/partition.h"
#include "nodes.h"

using namespace nearabout;
using namespace nearabout::test;

namespace {

std::vector<Scored> kept(const graph::Candidates& candidates, std::size_t node) {
  const auto found = candidates.of(node);
  return {found.begin(), found.end()};
}

TEST(the_order_of_offers_does_not_matter) {
  std::mt19937 random(5);
  std::vector<Scored> offers;
  for (std::size_t i = 0; i < 400; ++i) offers.emplace_back(static_cast<float>(random() % 50), random() % 120);
  // What is kept: the least distance of each, sorted, the first ones.
  std::vector<Scored> expected = offers;
  std::sort(expected.begin(), expected.end());
  std::vector<Scored> least;
  for (const Scored offer : expected)
    if (std::ranges::none_of(least, [&](Scored other) { return other.row() == offer.row(); })) least.push_back(offer);
  least.resize(graph::Candidates::kPerNode);
  for (std::size_t round = 0; round < 5; ++round) {
    graph::Candidates candidates(3);
    for (std::size_t i = 0; i < offers.size(); i += 10) candidates.offer(1, std::span(offers).subspan(i, 10));
    CHECK(kept(candidates, 1) == least);
    CHECK(candidates.of(0).empty());
    std::shuffle(offers.begin(), offers.end(), random);
  }
}

TEST(near_nodes_are_found) {
  const Nodes nodes(clustered(3'000, 24, 3));
  graph::Candidates candidates(nodes.points.count());
  const std::vector<std::uint32_t> order = graph::find_candidates(nodes.points, 1, candidates, 2, {});
  std::size_t found = 0;
  constexpr std::size_t kNearest = 10;
  for (std::size_t node = 0; node < 3'000; node += 30) {
    std::vector<std::pair<double, std::uint32_t>> all;
    for (std::uint32_t other = 0; other < 3'000; ++other)
      if (other != node) all.emplace_back(nodes.square(node, other), other);
    std::partial_sort(all.begin(), all.begin() + kNearest, all.end());
    for (std::size_t n = 0; n < kNearest; ++n)
      found +=
          std::ranges::any_of(candidates.of(node), [&](Scored one) { return one.row() == all[n].second; }) ? 1u : 0u;
  }
  CHECK(found >= 850);
  std::vector<std::uint32_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::uint32_t node = 0; node < 3'000; ++node) CHECK_EQUAL(sorted[node], node);
}

TEST(the_number_of_threads_does_not_matter) {
  const Nodes nodes(clustered(2'000, 8, 3));
  graph::Candidates one(nodes.points.count());
  graph::Candidates three(nodes.points.count());
  const auto order = graph::find_candidates(nodes.points, 9, one, 1, {});
  CHECK(order == graph::find_candidates(nodes.points, 9, three, 3, {}));
  for (std::size_t node = 0; node < nodes.points.count(); ++node) CHECK(kept(one, node) == kept(three, node));
}

}  // namespace
