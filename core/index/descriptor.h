// What an index is, in five numbers: the first thing that is read of a file.
#pragma once

#include <cstdint>

#include "base/element.h"
#include "metric/metric.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout {

struct Descriptor {
  std::uint32_t kind = 0;  // its number: see registry.h
  Metric metric = Metric::cosine;
  Element element = Element::f32;
  std::uint64_t rows = 0;
  std::uint64_t dims = 0;
};

void write_descriptor(storage::Writer& writer, const Descriptor& descriptor);

// CorruptFileError where a number is unknown or disagrees with the vectors' section; UnsupportedVersionError for a kind
// that is not registered.
Descriptor read_descriptor(const storage::File& file);

}  // namespace nearabout
