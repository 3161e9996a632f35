// The planes of binary codes as sections of a file.
#pragma once

#include <cstddef>

#include "quantize/binary_codes.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout::quantize {

struct StoredBinaryCodes {
  Planes planes = Planes::itq;
  std::uint64_t seed = 0;
  BinaryCodes codes;  // reads the file, which must outlive it
};

void write_binary_codes(storage::Writer& writer, const LearntBinaryCodes& learnt);

// Reads the planes for vectors of `dims` numbers. Throws CorruptFileError.
StoredBinaryCodes read_binary_codes(const storage::File& file, std::size_t dims);

}  // namespace nearabout::quantize
