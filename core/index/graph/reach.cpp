#include "index/graph/reach.h"

#include <algorithm>

namespace nearabout::graph {
namespace {

constexpr std::uint32_t kNone = 0xFFFF'FFFFu;

// The nodes that are reached, each by one edge of a tree.
class Reach {
 public:
  explicit Reach(const Edges& edges) : edges_(edges), parents_(edges.nodes(), kNone), reached_(edges.nodes(), false) {}

  bool has(std::size_t node) const { return reached_[node]; }
  bool depends_on(std::uint32_t from, std::uint32_t to) const { return parents_[to] == from; }

  // Reaches a node by the edge from `parent`, and all that it leads to.
  void add(std::uint32_t node, std::uint32_t parent) {
    if (reached_[node]) return;
    reached_[node] = true;
    parents_[node] = parent;
    waiting_.push_back(node);
    while (!waiting_.empty()) {
      const std::uint32_t from = waiting_.back();
      waiting_.pop_back();
      for (const std::uint32_t to : edges_.of(from)) {
        if (reached_[to]) continue;
        reached_[to] = true;
        parents_[to] = from;
        waiting_.push_back(to);
      }
    }
  }

 private:
  const Edges& edges_;
  std::vector<std::uint32_t> parents_;
  std::vector<bool> reached_;
  std::vector<std::uint32_t> waiting_;
};

// Gives `from` an edge to `to`, in a free place or in that of its farthest edge that no node depends on.
bool link(Edges& edges, const Reach& reach, std::uint32_t from, std::uint32_t to) {
  if (edges.has_room(from)) {
    edges.add(from, to);
    return true;
  }
  const std::span<std::uint32_t> own = edges.of(from);
  for (std::size_t i = own.size(); i-- > 0;) {
    if (reach.depends_on(from, own[i])) continue;
    own[i] = to;
    return true;
  }
  return false;
}

}  // namespace

void make_reachable(Edges& edges, std::vector<std::uint32_t>& entries) {
  Reach reach(edges);
  for (const std::uint32_t entry : entries) reach.add(entry, kNone);
  for (std::uint32_t node = 0; node < edges.nodes(); ++node) {
    if (reach.has(node)) continue;
    std::uint32_t parent = kNone;
    for (const std::uint32_t near : edges.of(node)) {
      if (!reach.has(near) || !link(edges, reach, near, node)) continue;
      parent = near;
      break;
    }
    if (parent == kNone) entries.push_back(node);
    reach.add(node, parent);
  }
}

std::vector<std::uint32_t> unreachable_nodes(const Edges& edges, const std::vector<std::uint32_t>& entries) {
  Reach reach(edges);
  for (const std::uint32_t entry : entries) reach.add(entry, kNone);
  std::vector<std::uint32_t> missing;
  for (std::uint32_t node = 0; node < edges.nodes(); ++node)
    if (!reach.has(node)) missing.push_back(node);
  return missing;
}

}  // namespace nearabout::graph
