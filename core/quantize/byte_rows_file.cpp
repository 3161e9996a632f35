#include "quantize/byte_rows_file.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "base/convert.h"
#include "quantize/steps_file.h"
#include "storage/numbers.h"

namespace nearabout::quantize {

using storage::SectionId;

StoredByteRows read_byte_rows(const storage::File& file, std::size_t rows, std::size_t dims,
                              transform::CodeSpace space) {
  CentresAndSteps read = read_steps(file, SectionId::byte_steps, dims);
  StoredByteRows stored{ByteSteps(std::move(read.centres), std::move(read.steps))};
  stored.codes = &file.section(SectionId::byte_codes);
  stored.codes->expect(Element::i8, {rows, dims});
  if (space != transform::CodeSpace::l2) return stored;
  stored.squares = &file.section(SectionId::byte_squares);
  stored.squares->expect(Element::f32, {rows, 1});
  return stored;
}

void decode_row(const StoredByteRows& stored, const transform::MetricTransform& transform, std::uint32_t row,
                Element element, std::byte* to) {
  const std::size_t dims = stored.steps.dims();
  std::vector<double> values(dims);
  stored.steps.decode(stored.codes->items<std::int8_t>(std::uint64_t{row} * dims, dims).data(), values.data());
  const double unit =
      transform.space() == transform::CodeSpace::inner_product ? transform.longest() : 1 / double{transform.scale()};
  constexpr double kMaxFloat = std::numeric_limits<float>::max();
  std::vector<float> vector;
  for (const double value : values)
    vector.push_back(static_cast<float>(std::clamp(value * unit, -kMaxFloat, kMaxFloat)));
  from_f32(vector.data(), dims, element, to);
}

void verify_squares(const storage::File& file, const StoredByteRows& stored) {
  if (!stored.squares) return;
  const std::span<const float> squares = stored.squares->all<float>();
  for (std::size_t row = 0; row < squares.size(); ++row)
    if (!(std::isfinite(squares[row]) && squares[row] >= 0))
      storage::throw_number(file, *stored.squares, row, "finite and not negative", double{squares[row]});
}

}  // namespace nearabout::quantize
