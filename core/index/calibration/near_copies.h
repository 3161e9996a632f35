// Near copies of a row: neighbours that are much nearer than all others, as photographs of one burst or the versions of
// one text are.
//
// Rows stand in for queries when an index is calibrated. A row finds its own near copies at once, since they share its
// list or leaf; a fresh query has none. So near copies are no evidence, and are left out of a row's true neighbours.
//
// A row's s nearest are near copies where the next one is at least 1.1 times as far as the last of them, and where
// that would hardly happen by chance: among rows spread evenly in m dimensions, s m ln(d[s+1] / d[s]) is exponentially
// distributed with mean 1 (the volumes within the neighbours are order statistics of a uniform distribution), and it is
// at least 12 here. m is the local dimension, estimated from the 31st to the 100th neighbour (E. Levina and P. Bickel,
// "Maximum likelihood estimation of intrinsic dimension", NIPS 2004). By this rule no row has more than 24.
#pragma once

#include <cstddef>
#include <span>

namespace nearabout {

inline constexpr std::size_t kMaxNearCopies = 24;

// How many of a row's nearest are near copies of it. `distances` are those of its neighbours, ascending; 0 where there
// are fewer than 100, which are too few to estimate a dimension from.
std::size_t count_near_copies(std::span<const double> distances);

}  // namespace nearabout
