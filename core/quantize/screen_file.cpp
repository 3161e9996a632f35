// A screen in a file: six sections, the largest of which are used where they lie.
#include "quantize/screen_file.h"

#include <cmath>
#include <string>

#include "base/error.h"
#include "storage/validate.h"

namespace nearabout {
namespace {

using storage::File;
using storage::Section;
using storage::SectionId;
using storage::Writer;

enum Bound : std::size_t { kEpsilon, kUsualError, kUsualSpread, kLargestImage, kBounds };

// `section` has a number at `place` that is none of what was `expected`.
[[noreturn]] void throw_number(const File& file, const Section& section, std::size_t place, const char* expected,
                               double found) {
  const std::uint64_t at = section.offset() + place * row_bytes(section.element(), 1);
  storage::throw_corrupt(file.name(), "a number in section " + section.name(), at, expected, std::to_string(found));
}

std::vector<float> finite_floats(const File& file, const Section& section) {
  const std::span<const float> values = section.all<float>();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i])) throw_number(file, section, i, "finite", double{values[i]});
  return {values.begin(), values.end()};
}

void read_bounds(const File& file, Screen& screen, double& epsilon) {
  const Section& section = file.section(SectionId::bounds);
  section.expect(Element::f64, {1, kBounds});
  const std::span<const double> bounds = section.all<double>();
  for (std::size_t i = 0; i < bounds.size(); ++i)
    if (!(bounds[i] >= 0) || !std::isfinite(bounds[i]))
      throw_number(file, section, i, "finite and not negative", bounds[i]);
  epsilon = bounds[kEpsilon];
  screen.usual_error = bounds[kUsualError];
  screen.usual_spread = bounds[kUsualSpread];
  screen.largest_image = bounds[kLargestImage];
}

Contraction read_contraction(const File& file, std::size_t dims, double epsilon) {
  const Section& centre = file.section(SectionId::centre);
  centre.expect(Element::f32, {1, dims});
  if (!file.has(SectionId::directions)) return Contraction(finite_floats(file, centre));
  const Section& directions = file.section(SectionId::directions);
  const std::uint64_t outputs = directions.shape().columns;
  if (outputs == 0 || outputs % 16 != 0 || outputs > dims)
    storage::throw_corrupt(file.name(), "the number of columns of section " + directions.name(), directions.offset(),
                           "a multiple of 16 up to " + std::to_string(dims), std::to_string(outputs));
  directions.expect(Element::f32, {dims, outputs});
  return Contraction(finite_floats(file, centre), finite_floats(file, directions), outputs, epsilon);
}

Grid read_grid(const File& file, std::size_t outputs) {
  const Section& section = file.section(SectionId::grid);
  section.expect(Element::f32, {3, outputs});
  const std::vector<float> values = finite_floats(file, section);
  const auto part = [&](std::size_t index) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(index * outputs);
    return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(outputs));
  };
  Grid grid{part(0), part(1), part(2)};
  for (std::size_t j = 0; j < outputs; ++j)
    if (!(grid.step[j] > 0)) throw_number(file, section, outputs + j, "a step above 0", double{grid.step[j]});
  return grid;
}

}  // namespace

void write_screen(Writer& writer, const BuiltScreen& built) {
  const Screen& screen = built.screen;
  const std::uint64_t rows = built.terms.size() / 2;
  const std::uint64_t dims = screen.contraction.dims();
  const std::uint64_t outputs = screen.contraction.outputs();
  const double bounds[kBounds] = {screen.contraction.epsilon(), screen.usual_error, screen.usual_spread,
                                  screen.largest_image};
  writer.add<double>(SectionId::bounds, {1, kBounds}, bounds);
  writer.add<float>(SectionId::centre, {1, dims}, screen.contraction.centre());
  if (!screen.contraction.identity())
    writer.add<float>(SectionId::directions, {dims, outputs}, screen.contraction.directions());
  std::vector<float> grid = screen.grid.low;
  grid.insert(grid.end(), screen.grid.step.begin(), screen.grid.step.end());
  grid.insert(grid.end(), screen.grid.middle.begin(), screen.grid.middle.end());
  writer.add<float>(SectionId::grid, {3, outputs}, grid);
  writer.add<float>(SectionId::row_terms, {2, rows}, built.terms);
  if (!built.codes.empty()) writer.add<std::uint8_t>(SectionId::codes, {rows, outputs}, built.codes);
}

std::optional<StoredScreen> read_screen(const File& file, Space space, const Section& vectors) {
  if (!file.has(SectionId::row_terms)) return std::nullopt;
  const std::uint64_t rows = vectors.shape().rows;
  const std::uint64_t dims = vectors.shape().columns;
  StoredScreen stored;
  stored.screen.space = space;
  double epsilon = 0;
  read_bounds(file, stored.screen, epsilon);
  stored.screen.contraction = read_contraction(file, dims, epsilon);
  const std::size_t outputs = stored.screen.contraction.outputs();
  stored.screen.grid = read_grid(file, outputs);
  stored.terms = &file.section(SectionId::row_terms);
  stored.terms->expect(Element::f32, {2, rows});
  if (file.has(SectionId::codes)) {
    stored.codes = &file.section(SectionId::codes);
    stored.codes->expect(Element::u8, {rows, outputs});
    return stored;
  }
  if ((vectors.element() != Element::u8 && vectors.element() != Element::i8) || outputs != dims)
    throw CorruptFile(file.name() + " is corrupt: it has a screen but no section " +
                      std::string(name_of(SectionId::codes)) + ". Build it again.");
  stored.codes = &vectors;
  stored.flip = flip_of(vectors.element());
  return stored;
}

}  // namespace nearabout
