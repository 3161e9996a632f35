// A sketch in a file: see docs/explanation/file-format.md.
#pragma once

#include "quantize/sketch.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout::quantize {

void write_sketch(storage::Writer& writer, const Sketch& sketch);

// Reads a sketch. Throws CorruptFileError if its parts do not match the dimensions or each other.
Sketch read_sketch(const storage::File& file, transform::CodeSpace space, std::size_t dims);

}  // namespace nearabout::quantize
