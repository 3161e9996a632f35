// Contractions and grids in a file: what screens and sketches have in common.
#pragma once

#include <cstddef>

#include "quantize/grid.h"
#include "storage/file.h"
#include "storage/writer.h"
#include "transform/contraction.h"

namespace nearabout {

// The sections that hold a contraction and a grid. A kind whose own sections have the usual names keeps its screen
// under others.
struct ProjectionSections {
  storage::SectionId centre = storage::SectionId::centre;
  storage::SectionId directions = storage::SectionId::directions;
  storage::SectionId grid = storage::SectionId::grid;
};

void write_contraction(storage::Writer& writer, const Contraction& contraction, const ProjectionSections& ids = {});
void write_grid(storage::Writer& writer, const Grid& grid, const ProjectionSections& ids = {});

// CorruptFileError where shapes do not fit or a number is not finite.
Contraction read_contraction(const storage::File& file, std::size_t dims, double epsilon,
                             const ProjectionSections& ids = {});
Grid read_grid(const storage::File& file, std::size_t outputs, const ProjectionSections& ids = {});

}  // namespace nearabout
