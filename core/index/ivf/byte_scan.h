// The scan of all rows of an index that stores one byte per dimension instead of vectors.
#pragma once

#include "base/matrix.h"
#include "index/ivf/layout.h"
#include "index/request.h"
#include "index/results.h"

namespace nearabout::ivf {

// Compares queries with all rows, which are read in file order.
void scan_bytes(const IvfLayout& layout, MatrixView queries, const index::Request& request, index::Results& results);

}  // namespace nearabout::ivf
