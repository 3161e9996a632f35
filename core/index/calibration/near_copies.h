// Near copies of a row: neighbours that are much nearer than all others, such as photographs of one burst or versions
// of one text.
//
// Rows serve as queries when an index is calibrated. A row finds its own near copies at once, because they share its
// list or leaf; a fresh query has none. So near copies are no evidence, and are excluded from a row's true neighbours.
//
// A row's s nearest rows are near copies if the next one is at least 1.1 times as far as the last of them, and if that
// would hardly happen by chance: among rows spread evenly in m dimensions, s m ln(d[s+1] / d[s]) is exponentially
// distributed with mean 1 (the volumes within the neighbours are order statistics of a uniform distribution), and here
// it must be at least 12. m is the local dimension, estimated from the 31st to the 100th neighbour (E. Levina and P.
// Bickel, "Maximum likelihood estimation of intrinsic dimension", NIPS 2004). By this rule no row has more than 24 near
// copies.
#pragma once

#include <cstddef>
#include <span>

namespace nearabout::calibration {

inline constexpr std::size_t kMaxNearCopies = 24;

// Returns how many of a row's nearest rows are near copies of it. `distances` are those of its neighbours, ascending.
// Returns 0 for fewer than 100 neighbours, which are too few to estimate a dimension from.
std::size_t count_near_copies(std::span<const double> distances);

}  // namespace nearabout::calibration
