// Compares queries with some rows of an index and no others: how a kind that derives nothing from filters applies them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/matrix.h"
#include "index/request.h"
#include "index/results.h"
#include "index/searcher.h"

namespace nearabout::index {

// Finds the nearest of `rows`, which are in order, by the vectors that Searcher::copy_vectors() returns.
void scan_allowed(const Searcher& index, const std::vector<std::uint32_t>& rows, MatrixView queries,
                  const Request& request, Results& results);

}  // namespace nearabout::index
