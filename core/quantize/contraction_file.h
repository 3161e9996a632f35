// Contractions and grids in a file, as screens and sketches both store them.
#pragma once

#include <cstddef>

#include "quantize/grid.h"
#include "storage/file.h"
#include "storage/writer.h"
#include "transform/contraction.h"

namespace nearabout::quantize {

// The sections that hold a contraction and a grid. If an index kind uses the usual names for its own sections, its
// screen is stored under other ones.
struct ProjectionSections {
  storage::SectionId centre = storage::SectionId::centre;
  storage::SectionId directions = storage::SectionId::directions;
  storage::SectionId grid = storage::SectionId::grid;
};

void write_contraction(storage::Writer& writer, const transform::Contraction& contraction,
                       const ProjectionSections& ids = {});
void write_grid(storage::Writer& writer, const Grid& grid, const ProjectionSections& ids = {});

// Reads a contraction. Throws CorruptFileError if shapes do not match or a number is not finite.
transform::Contraction read_contraction(const storage::File& file, std::size_t dims, double epsilon,
                                        const ProjectionSections& ids = {});
Grid read_grid(const storage::File& file, std::size_t outputs, const ProjectionSections& ids = {});

}  // namespace nearabout::quantize
