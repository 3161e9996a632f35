// The section hash_header: three numbers, and the number of buckets of each table.
#pragma once

#include <cstddef>

namespace nearabout::lsh {

enum HeaderField : std::size_t { kBits, kTables, kSeed, kFixedFields };

}  // namespace nearabout::lsh
