// The source of the distances in the results of an index that has codes.
#pragma once

#include <cstdint>
#include <string_view>

#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout::index {

// The numbers are part of the file format: never reuse one. A file without the section has the first.
enum class DistanceSource : std::uint64_t {
  vectors = 1,      // the most promising rows are compared by their vectors
  int8 = 2,         // compared by one byte per dimension (quantize/byte_rows.h)
  codes_alone = 3,  // nothing else is compared: distances are estimates
};
std::string_view name_of(DistanceSource distance_source);  // description for messages

void write_distance_source(storage::Writer& writer, DistanceSource distance_source);
// Returns true for a file that says that distances are computed from codes.
bool may_lack_vectors(const storage::File& file);
// Throws CorruptFileError.
DistanceSource read_distance_source(const storage::File& file);

}  // namespace nearabout::index
