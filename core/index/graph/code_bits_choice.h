// Chooses how a graph is walked: by 2-bit codes beside the edges, or by the neighbours' own bytes.
#pragma once

#include <cstddef>

#include "index/build_options.h"
#include "index/graph/options.h"
#include "index/validated_rows.h"

namespace nearabout::graph {

// Returns the bits with the lower expected cost per query at the target recall, 2 or 8: builds graphs of some of the
// rows with either, and searches them for other rows. Few rows get 2 bits: their nodes stay in a cache, where both take
// about as long.
std::size_t choose_code_bits(const index::ValidatedRows& source, const GraphOptions& options,
                             const index::BuildOptions& build);

}  // namespace nearabout::graph
