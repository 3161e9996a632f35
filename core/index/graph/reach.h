// Makes every node reachable from the nodes at which searches start.
#pragma once

#include <cstdint>
#include <vector>

#include "index/graph/edges.h"

namespace nearabout::graph {

// Adds edges, or replaces some that no node depends on, so that a walk from `entries` reaches every node. Where no
// reached node is near enough to have such an edge, adds an entry.
void make_reachable(Edges& edges, std::vector<std::uint32_t>& entries);

// Returns the nodes that no walk from `entries` reaches, ascending.
std::vector<std::uint32_t> unreachable_nodes(const Edges& edges, const std::vector<std::uint32_t>& entries);

}  // namespace nearabout::graph
