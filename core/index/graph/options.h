// The settings of a build of a graph.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nearabout::graph {

inline constexpr std::size_t kMaxDegree = 128;
inline constexpr double kMaxAlpha = 4;

struct GraphOptions {
  std::size_t degree = 32;    // edges of a node at most, a multiple of 16
  double alpha = 1.1;         // how much nearer another neighbour must be to replace an edge, in squared distances
  std::size_t code_bits = 0;  // bits per direction of the codes of neighbours, 1, 2, 4 or 8; 0: chosen
  std::uint64_t seed = 0;
  double recall = 0.95;      // the target that code_bits are chosen for
  bool keep_vectors = true;  // false: rows are compared by one byte per dimension
};

}  // namespace nearabout::graph
