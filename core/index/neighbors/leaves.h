// Divides all rows into small leaves that overlap.
//
// The division is that of PiPNN (arXiv 2602.21247): some rows, chosen at random, lead, every row joins its nearest
// leaders, and what follows a leader is divided in the same way until it is small. Rows near a border so meet those on
// its other side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/neighbors/byte_points.h"

namespace nearabout::neighbors {

struct Division {
  std::vector<std::vector<std::uint32_t>> leaves;
  std::vector<std::uint32_t> order;  // all rows: those of a leaf are next to each other
};

// Each row is in `several` leaves, or in more, of about `typical` rows, and at most four times as many.
Division divide_into_leaves(const BytePoints& points, std::size_t several, std::size_t typical, std::uint64_t seed,
                            std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::neighbors
