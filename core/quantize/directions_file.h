// The leading directions as sections of a file, as queries are projected along them.
#pragma once

#include <cstddef>
#include <span>

#include "quantize/directions.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout::quantize {

struct StoredDirections {
  std::size_t outputs = 0;  // directions, filled up to whole panels
  const storage::Section* bytes = nullptr;
  std::span<const float> centre;                       // mean of the transformed rows
  std::span<const float> steps, sums, centre_outputs;  // one per output; the last is the projection of the centre
};

void write_directions(storage::Writer& writer, const LearntDirections& directions);

// Reads `directions` directions of transformed rows with `dims` dimensions. Throws CorruptFileError.
StoredDirections read_directions(const storage::File& file, std::size_t directions, std::size_t dims);

}  // namespace nearabout::quantize
