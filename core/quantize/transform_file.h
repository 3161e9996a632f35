// The transform of a table's rows, and the step of their bytes along the leading directions, as a section of a file.
#pragma once

#include <cstddef>

#include "storage/file.h"
#include "storage/writer.h"
#include "transform/metric_transform.h"

namespace nearabout::quantize {

struct StoredTransform {
  transform::MetricTransform transform;
  float point_step = 1;
  double own = 0;  // a number that means something to the kind of index, which checks it
};

inline constexpr std::size_t kOwnTransformNumber = 3;  // its place in the section

void write_transform(storage::Writer& writer, const StoredTransform& stored);
// Reads the transform and the step of rows of `dims` numbers. Throws CorruptFileError.
StoredTransform read_transform(const storage::File& file, transform::CodeSpace space, std::size_t dims);

}  // namespace nearabout::quantize
