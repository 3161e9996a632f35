#include "index/graph/edges.h"

#include <numeric>

#include "base/threads.h"
#include "index/graph/prune.h"

namespace nearabout::graph {
namespace {

constexpr std::size_t kNodesPerTask = 64;

// For each node the nodes with an edge to it, ascending.
struct Incoming {
  std::vector<std::size_t> firsts;
  std::vector<std::uint32_t> from;
  std::span<const std::uint32_t> of(std::size_t node) const {
    return std::span(from).subspan(firsts[node], firsts[node + 1] - firsts[node]);
  }
};

Incoming reverse(const Edges& edges) {
  Incoming incoming{std::vector<std::size_t>(edges.nodes() + 1, 0), {}};
  for (std::size_t node = 0; node < edges.nodes(); ++node)
    for (const std::uint32_t to : edges.of(node)) ++incoming.firsts[to + 1];
  std::partial_sum(incoming.firsts.begin(), incoming.firsts.end(), incoming.firsts.begin());
  incoming.from.resize(incoming.firsts.back());
  std::vector<std::size_t> next(incoming.firsts.begin(), incoming.firsts.end() - 1);
  for (std::size_t node = 0; node < edges.nodes(); ++node)
    for (const std::uint32_t to : edges.of(node)) incoming.from[next[to]++] = static_cast<std::uint32_t>(node);
  return incoming;
}

}  // namespace

Edges choose_edges(const Points& points, const Candidates& candidates, const std::vector<std::uint32_t>& order,
                   const GraphOptions& options, std::size_t threads, const Monitor& monitor) {
  Edges forward(points.count(), options.degree);
  const auto each_node = [&](const Monitor& progress, auto choose) {
    std::vector<Pruning> prunings;
    for (std::size_t worker = 0; worker < threads; ++worker)
      prunings.emplace_back(points, options.alpha, options.degree);
    parallel_for(
        points.count(), kNodesPerTask, threads,
        [&](std::size_t begin, std::size_t end, std::size_t worker) {
          for (std::size_t place = begin; place < end; ++place) choose(prunings[worker], order[place]);
        },
        progress);
  };
  each_node(subprogress(monitor, 0.0, 0.4), [&](Pruning& pruning, std::uint32_t node) {
    std::vector<std::uint32_t> others;
    for (const Scored& candidate : candidates.of(node)) others.push_back(candidate.row());
    forward.set(node, pruning.choose(node, std::move(others), false));
  });
  const Incoming incoming = reverse(forward);
  Edges edges(points.count(), options.degree);
  each_node(subprogress(monitor, 0.4, 1.0), [&](Pruning& pruning, std::uint32_t node) {
    std::vector<std::uint32_t> others;
    for (const Scored& candidate : candidates.of(node)) others.push_back(candidate.row());
    others.insert(others.end(), incoming.of(node).begin(), incoming.of(node).end());
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    edges.set(node, pruning.choose(node, std::move(others), true));
  });
  return edges;
}

}  // namespace nearabout::graph
