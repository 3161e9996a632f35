// Learns lists and codes from a sample of the rows, before any row is encoded.
#pragma once

#include <cstddef>

#include "index/ivf/encode.h"
#include "index/ivf/options.h"
#include "index/validated_rows.h"
#include "quantize/learning_size.h"

namespace nearabout::ivf {

// Returns the number of lists; `wanted` 0 chooses it. (Without a given number, a build may halve or double it.)
std::size_t lists_for(std::size_t rows, std::size_t wanted);
quantize::LearningSize direction_learning(std::size_t rows, std::size_t dims);

LearntLists learn(const transform::RowReader& read, const index::ValidatedRows& source, const IvfOptions& options,
                  std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::ivf
