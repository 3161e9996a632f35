// The scan of all rows of an index that stores one byte per dimension in place of vectors.
#pragma once

#include <vector>

#include "base/matrix.h"
#include "index/ivf/layout.h"
#include "index/request.h"

namespace nearabout {

// Compares queries with all rows, which are read in file order.
std::vector<SearchResult> scan_bytes(const IvfLayout& layout, MatrixView queries, const Request& request);

}  // namespace nearabout
