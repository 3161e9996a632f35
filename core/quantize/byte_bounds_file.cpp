#include "quantize/byte_bounds_file.h"

#include <cmath>
#include <span>
#include <utility>

#include "quantize/steps_file.h"
#include "storage/numbers.h"

namespace nearabout::quantize {

using storage::File;
using storage::Section;
using storage::SectionId;

std::optional<StoredByteBounds> read_byte_bounds(const File& file, transform::CodeSpace space, std::size_t rows,
                                                 std::size_t dims) {
  if (!file.has(SectionId::bound_bytes)) return std::nullopt;
  const Section& errors = file.section(SectionId::bound_errors);
  errors.expect(Element::f64, {1, 2});
  const std::span<const double> numbers = errors.all<double>();
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!(numbers[i] >= 0) || !std::isfinite(numbers[i]))
      storage::throw_number(file, errors, i, "finite and not negative", numbers[i]);
  CentresAndSteps read = read_steps(file, SectionId::bound_steps, dims);
  StoredByteBounds stored{ByteBounds(space, std::move(read.centres), std::move(read.steps), numbers[0], numbers[1])};
  stored.bytes = &file.section(SectionId::bound_bytes);
  stored.bytes->expect(Element::i8, {rows, dims});
  if (space == transform::CodeSpace::inner_product) return stored;
  stored.squares = &file.section(SectionId::bound_squares);
  stored.squares->expect(Element::f32, {rows, 1});
  return stored;
}

}  // namespace nearabout::quantize
