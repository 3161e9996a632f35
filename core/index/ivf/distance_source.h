// What the answers of lists of codes are made from.
#pragma once

#include <cstdint>
#include <string_view>

namespace nearabout {

// The numbers are part of the file format: never reuse one. A file that does not say is of the first.
enum class DistanceSource : std::uint64_t {
  vectors = 1,      // the rows that look nearest are compared by their vectors
  int8 = 2,         // by a byte a dimension (byte_rows.h)
  codes_alone = 3,  // nothing more is looked at: distances are estimates
};
std::string_view name_of(DistanceSource distance_source);  // in words

}  // namespace nearabout
