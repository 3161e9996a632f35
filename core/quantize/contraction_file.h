// Contractions and grids in a file: what screens and sketches have in common.
#pragma once

#include <cstddef>

#include "quantize/contraction.h"
#include "quantize/grid.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout {

void write_contraction(storage::Writer& writer, const Contraction& contraction);
void write_grid(storage::Writer& writer, const Grid& grid);

// CorruptFile where shapes do not fit or a number is not finite.
Contraction read_contraction(const storage::File& file, std::size_t dims, double epsilon);
Grid read_grid(const storage::File& file, std::size_t outputs);

}  // namespace nearabout
