// Finds near nodes by dividing all nodes into small leaves that overlap, and comparing those of a leaf with each other.
//
// The division is that of PiPNN (arXiv 2602.21247): some nodes, chosen at random, lead, every node joins its nearest
// leaders, and what follows a leader is divided in the same way until it is small. Nodes near a border so meet those on
// its other side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/monitor.h"
#include "index/graph/candidates.h"
#include "index/graph/points.h"

namespace nearabout::graph {

// Offers to `candidates` the nearest nodes of each node in each of its leaves. Returns all nodes in an order in which
// those of a leaf are next to each other.
std::vector<std::uint32_t> find_candidates(const Points& points, std::uint64_t seed, Candidates& candidates,
                                           std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::graph
