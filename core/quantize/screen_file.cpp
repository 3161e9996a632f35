// A screen in a file: six sections, the largest of which are used where they lie.
#include "quantize/screen_file.h"

#include <cmath>
#include <string>

#include "base/error.h"

namespace nearabout {
namespace {

using storage::File;
using storage::Section;
using storage::SectionId;
using storage::Writer;

enum Bound : std::size_t { kEpsilon, kCodeError, kCodeSpread, kLargestImage, kLargestTerm, kBounds };

std::vector<float> finite_floats(const Section& section) {
  const std::span<const float> values = section.all<float>();
  for (const float value : values)
    if (!std::isfinite(value)) throw CorruptFile("section " + section.name() + " holds a number that is not finite");
  return {values.begin(), values.end()};
}

void read_bounds(const Section& section, Screen& screen, double& epsilon) {
  section.expect(Element::f64, {1, kBounds});
  const std::span<const double> bounds = section.all<double>();
  for (const double bound : bounds)
    if (!(bound >= 0) || !std::isfinite(bound))
      throw CorruptFile("section " + section.name() + " holds a bound that is negative or not finite");
  epsilon = bounds[kEpsilon];
  screen.code_error = bounds[kCodeError];
  screen.code_spread = bounds[kCodeSpread];
  screen.largest_image = bounds[kLargestImage];
  screen.largest_term = bounds[kLargestTerm];
}

Contraction read_contraction(const File& file, std::size_t dims, double epsilon) {
  const Section& centre = file.section(SectionId::centre);
  centre.expect(Element::f32, {1, dims});
  if (!file.has(SectionId::directions)) return Contraction(finite_floats(centre));
  const Section& directions = file.section(SectionId::directions);
  const std::uint64_t outputs = directions.shape().columns;
  if (outputs == 0 || outputs % 16 != 0 || outputs > dims)
    throw CorruptFile("section " + directions.name() + " has " + std::to_string(outputs) +
                      " columns; a multiple of 16 up to the number of dimensions was expected");
  directions.expect(Element::f32, {dims, outputs});
  return Contraction(finite_floats(centre), finite_floats(directions), outputs, epsilon);
}

Grid read_grid(const Section& section, std::size_t outputs) {
  section.expect(Element::f32, {3, outputs});
  const std::vector<float> values = finite_floats(section);
  const auto part = [&](std::size_t index) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(index * outputs);
    return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(outputs));
  };
  Grid grid{part(0), part(1), part(2)};
  for (const float step : grid.step)
    if (!(step > 0)) throw CorruptFile("section " + section.name() + " holds a step that is not positive");
  return grid;
}

}  // namespace

void write_screen(Writer& writer, const BuiltScreen& built) {
  const Screen& screen = built.screen;
  const std::uint64_t rows = built.terms.size();
  const std::uint64_t dims = screen.contraction.dims();
  const std::uint64_t outputs = screen.contraction.outputs();
  const double bounds[kBounds] = {screen.contraction.epsilon(), screen.code_error, screen.code_spread,
                                  screen.largest_image, screen.largest_term};
  writer.add<double>(SectionId::bounds, {1, kBounds}, bounds);
  writer.add<float>(SectionId::centre, {1, dims}, screen.contraction.centre());
  if (!screen.contraction.identity())
    writer.add<float>(SectionId::directions, {dims, outputs}, screen.contraction.directions());
  std::vector<float> grid = screen.grid.low;
  grid.insert(grid.end(), screen.grid.step.begin(), screen.grid.step.end());
  grid.insert(grid.end(), screen.grid.middle.begin(), screen.grid.middle.end());
  writer.add<float>(SectionId::grid, {3, outputs}, grid);
  writer.add<float>(SectionId::row_terms, {rows, 1}, built.terms);
  if (!built.codes.empty()) writer.add<std::uint8_t>(SectionId::codes, {rows, outputs}, built.codes);
}

std::optional<StoredScreen> read_screen(const File& file, Space space, const Section& vectors) {
  if (!file.has(SectionId::row_terms)) return std::nullopt;
  const std::uint64_t rows = vectors.shape().rows;
  const std::uint64_t dims = vectors.shape().columns;
  StoredScreen stored;
  stored.screen.space = space;
  double epsilon = 0;
  read_bounds(file.section(SectionId::bounds), stored.screen, epsilon);
  stored.screen.contraction = read_contraction(file, dims, epsilon);
  const std::size_t outputs = stored.screen.contraction.outputs();
  stored.screen.grid = read_grid(file.section(SectionId::grid), outputs);
  stored.terms = &file.section(SectionId::row_terms);
  stored.terms->expect(Element::f32, {rows, 1});
  if (file.has(SectionId::codes)) {
    stored.codes = &file.section(SectionId::codes);
    stored.codes->expect(Element::u8, {rows, outputs});
    return stored;
  }
  if ((vectors.element() != Element::u8 && vectors.element() != Element::i8) || outputs != dims)
    throw CorruptFile("the file has a screen but no section " + std::string(name_of(SectionId::codes)));
  stored.codes = &vectors;
  stored.flip = flip_of(vectors.element());
  return stored;
}

}  // namespace nearabout
