// Learns lists and codes from a sample of the rows, before any row is encoded.
#pragma once

#include <cstddef>

#include "index/ivf/encode.h"
#include "index/ivf/options.h"
#include "index/validated_rows.h"

namespace nearabout {

LearntLists learn(const RowReader& read, const ValidatedRows& source, const IvfOptions& options, std::size_t threads,
                  const Monitor& monitor);

}  // namespace nearabout
