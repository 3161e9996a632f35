// What an index is, in five numbers: the first thing that is read of a file.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/element.h"
#include "metric/metric.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout {

// The numbers are part of the file format: never reuse one.
enum class Kind : std::uint32_t { exact = 1, forest = 2, ivf = 3 };
std::string_view name_of(Kind kind);

struct Descriptor {
  Kind kind = Kind::exact;
  Metric metric = Metric::cosine;
  Element element = Element::f32;
  std::uint64_t rows = 0;
  std::uint64_t dims = 0;
};

void write_descriptor(storage::Writer& writer, const Descriptor& descriptor);

// CorruptFileError where a number is none we know or disagrees with the vectors' section; UnsupportedVersionError for a
// kind of the future.
Descriptor read_descriptor(const storage::File& file);

}  // namespace nearabout
