// The five numbers that describe an index. They are read first when a file is opened.
#pragma once

#include <cstdint>

#include "base/element.h"
#include "metric/metric.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout::index {

struct Descriptor {
  std::uint32_t kind = 0;  // number of the kind (registry.h)
  metric::Metric metric = metric::Metric::cosine;
  Element element = Element::f32;
  std::uint64_t rows = 0;
  std::uint64_t dims = 0;
};

void write_descriptor(storage::Writer& writer, const Descriptor& descriptor);

// Throws CorruptFileError if a number is unknown or disagrees with the section of vectors, UnsupportedVersionError for
// a kind that is not registered.
Descriptor read_descriptor(const storage::File& file);

}  // namespace nearabout::index
