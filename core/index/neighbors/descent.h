// Neighbours of neighbours are likely to be neighbours (Dong, Charikar and Li, "Efficient k-nearest neighbor graph
// construction for generic similarity measures", WWW 2011).
#pragma once

#include <cstddef>

#include "base/monitor.h"
#include "index/neighbors/byte_points.h"
#include "index/neighbors/near_lists.h"

namespace nearabout::neighbors {

// Returns lists in which each row has also been offered the first `followed` rows in the lists of the first `followed`
// rows of its own.
NearLists descended(const BytePoints& points, const NearLists& lists, std::size_t followed, std::size_t threads,
                    const Monitor& monitor);

}  // namespace nearabout::neighbors
