#include "quantize/directions_file.h"

#include <vector>

#include "kernels/kernels.h"
#include "storage/numbers.h"

namespace nearabout::quantize {

using storage::SectionId;

void write_directions(storage::Writer& writer, const LearntDirections& directions) {
  const std::uint64_t outputs = directions.outputs;
  writer.add<float>(SectionId::centre, {1, directions.dims}, directions.centre);
  const std::vector<std::uint8_t> panels = panels_of(directions.bytes.data(), directions.dims, outputs);
  writer.add<std::uint8_t>(SectionId::direction_bytes,
                           {outputs / kernels::kPanelRows, kernels::panel_bytes(directions.dims)}, panels);
  std::vector<float> terms(directions.steps);
  terms.resize(3 * outputs, 0.0f);
  for (std::size_t o = 0; o < outputs; ++o) {
    double sum = 0;
    double centre = 0;
    for (std::size_t j = 0; j < directions.dims; ++j) {
      sum += directions.bytes[j * outputs + o];
      centre += double{directions.matrix[j * outputs + o]} * double{directions.centre[j]};
    }
    terms[outputs + o] = static_cast<float>(sum);
    terms[2 * outputs + o] = static_cast<float>(centre);
  }
  writer.add<float>(SectionId::direction_terms, {3, outputs}, terms);
}

StoredDirections read_directions(const storage::File& file, std::size_t directions, std::size_t dims) {
  const std::size_t outputs = (directions + kernels::kPanelRows - 1) / kernels::kPanelRows * kernels::kPanelRows;
  const storage::Section& bytes = file.section(SectionId::direction_bytes);
  bytes.expect(Element::u8, {outputs / kernels::kPanelRows, kernels::panel_bytes(dims)});
  const storage::Section& centre = file.section(SectionId::centre);
  centre.expect(Element::f32, {1, dims});
  const std::span<const float> centre_values = storage::finite_floats(file, centre);
  const storage::Section& terms = file.section(SectionId::direction_terms);
  terms.expect(Element::f32, {3, outputs});
  const std::span<const float> all = storage::finite_floats(file, terms);
  return {outputs,
          &bytes,
          centre_values,
          all.subspan(0, outputs),
          all.subspan(outputs, outputs),
          all.subspan(2 * outputs, outputs)};
}

}  // namespace nearabout::quantize
