// Contractions and grids in a file, as screens and sketches both store them.
#include "quantize/contraction_file.h"

#include <span>
#include <string>

#include "storage/numbers.h"
#include "storage/validate.h"

namespace nearabout::quantize {

using storage::File;
using storage::Section;
using storage::SectionId;
using storage::Writer;
using transform::Contraction;

namespace {

std::vector<float> copied(std::span<const float> values) { return {values.begin(), values.end()}; }

}  // namespace

void write_contraction(Writer& writer, const Contraction& contraction, const ProjectionSections& ids) {
  const std::uint64_t dims = contraction.dims();
  writer.add<float>(ids.centre, {1, dims}, contraction.centre());
  if (!contraction.identity())
    writer.add<float>(ids.directions, {dims, contraction.outputs()}, contraction.directions());
}

void write_grid(Writer& writer, const Grid& grid, const ProjectionSections& ids) {
  std::vector<float> values = grid.low;
  values.insert(values.end(), grid.step.begin(), grid.step.end());
  values.insert(values.end(), grid.middle.begin(), grid.middle.end());
  writer.add<float>(ids.grid, {3, grid.dims()}, values);
}

Contraction read_contraction(const File& file, std::size_t dims, double epsilon, const ProjectionSections& ids) {
  const Section& centre = file.section(ids.centre);
  centre.expect(Element::f32, {1, dims});
  if (!file.has(ids.directions)) return Contraction(copied(storage::finite_floats(file, centre)));
  const Section& directions = file.section(ids.directions);
  const std::uint64_t outputs = directions.shape().columns;
  if (outputs == 0 || outputs % 16 != 0 || outputs > dims)
    storage::throw_corrupt(file.name(), "the number of columns of section " + directions.name(), directions.offset(),
                           "a multiple of 16 up to " + std::to_string(dims), std::to_string(outputs));
  directions.expect(Element::f32, {dims, outputs});
  return Contraction(copied(storage::finite_floats(file, centre)), copied(storage::finite_floats(file, directions)),
                     outputs, epsilon);
}

Grid read_grid(const File& file, std::size_t outputs, const ProjectionSections& ids) {
  const Section& section = file.section(ids.grid);
  section.expect(Element::f32, {3, outputs});
  const std::span<const float> values = storage::finite_floats(file, section);
  const auto part = [&](std::size_t index) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(index * outputs);
    return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(outputs));
  };
  Grid grid{part(0), part(1), part(2)};
  for (std::size_t j = 0; j < outputs; ++j)
    if (!(grid.step[j] > 0)) storage::throw_number(file, section, outputs + j, "a step above 0", double{grid.step[j]});
  return grid;
}

}  // namespace nearabout::quantize
