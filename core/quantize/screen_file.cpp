// A screen in a file: six sections, the largest of which are used in place.
#include "quantize/screen_file.h"

#include <cmath>
#include <string>

#include "base/error.h"
#include "storage/numbers.h"

namespace nearabout::quantize {
namespace {

using storage::File;
using storage::Section;
using storage::SectionId;
using storage::Writer;

enum Bound : std::size_t { kEpsilon, kTypicalError, kTypicalSpread, kLargestProjection, kBounds };

void read_bounds(const File& file, SectionId id, Screen& screen, double& epsilon) {
  const Section& section = file.section(id);
  section.expect(Element::f64, {1, kBounds});
  const std::span<const double> bounds = section.all<double>();
  for (std::size_t i = 0; i < bounds.size(); ++i)
    if (!(bounds[i] >= 0) || !std::isfinite(bounds[i]))
      storage::throw_number(file, section, i, "finite and not negative", bounds[i]);
  epsilon = bounds[kEpsilon];
  screen.typical_error = bounds[kTypicalError];
  screen.typical_spread = bounds[kTypicalSpread];
  screen.largest_projection = bounds[kLargestProjection];
}

}  // namespace

void write_screen(Writer& writer, const BuiltScreen& built, const ScreenSections& ids) {
  const Screen& screen = built.screen;
  const std::uint64_t rows = built.terms.size() / 2;
  const std::uint64_t outputs = screen.contraction.outputs();
  const double bounds[kBounds] = {screen.contraction.epsilon(), screen.typical_error, screen.typical_spread,
                                  screen.largest_projection};
  writer.add<double>(ids.bounds, {1, kBounds}, bounds);
  write_contraction(writer, screen.contraction, ids.projection);
  write_grid(writer, screen.grid, ids.projection);
  writer.add<float>(SectionId::row_terms, {2, rows}, built.terms);
  if (built.codes) built.codes->write(writer, SectionId::codes, Element::u8, outputs);
}

std::optional<StoredScreen> read_screen(const File& file, transform::CodeSpace space, const Section& vectors,
                                        const ScreenSections& ids) {
  if (!file.has(SectionId::row_terms)) return std::nullopt;
  const std::uint64_t rows = vectors.shape().rows;
  const std::uint64_t dims = vectors.shape().columns;
  StoredScreen stored;
  stored.screen.space = space;
  double epsilon = 0;
  read_bounds(file, ids.bounds, stored.screen, epsilon);
  stored.screen.contraction = read_contraction(file, dims, epsilon, ids.projection);
  const std::size_t outputs = stored.screen.contraction.outputs();
  stored.screen.grid = read_grid(file, outputs, ids.projection);
  stored.terms = &file.section(SectionId::row_terms);
  stored.terms->expect(Element::f32, {2, rows});
  if (file.has(SectionId::codes)) {
    stored.codes = &file.section(SectionId::codes);
    stored.codes->expect(Element::u8, {rows, outputs});
    return stored;
  }
  if ((vectors.element() != Element::u8 && vectors.element() != Element::i8) || outputs != dims)
    throw CorruptFileError(file.name() + " is corrupt: it has a screen but no section " +
                           std::string(name_of(SectionId::codes)) + ". Build it again.");
  stored.codes = &vectors;
  stored.flip = flip_of(vectors.element());
  return stored;
}

}  // namespace nearabout::quantize
