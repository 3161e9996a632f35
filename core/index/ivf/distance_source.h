// The source of the distances in results of lists of codes.
#pragma once

#include <cstdint>
#include <string_view>

namespace nearabout::ivf {

// The numbers are part of the file format: never reuse one. A file without the field has the first.
enum class DistanceSource : std::uint64_t {
  vectors = 1,      // the most promising rows are compared by their vectors
  int8 = 2,         // compared by one byte per dimension (byte_rows.h)
  codes_alone = 3,  // nothing else is compared: distances are estimates
};
std::string_view name_of(DistanceSource distance_source);  // description for messages

}  // namespace nearabout::ivf
