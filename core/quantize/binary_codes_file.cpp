#include "quantize/binary_codes_file.h"

#include <string>

#include "storage/numbers.h"

namespace nearabout::quantize {
namespace {

using storage::Section;
using storage::SectionId;

enum Field : std::size_t { kPlanes, kBits, kSeed, kFields };

std::span<const float> read_floats(const storage::File& file, SectionId id, storage::Shape shape) {
  const Section& section = file.section(id);
  section.expect(Element::f32, shape);
  return storage::finite_floats(file, section);
}

}  // namespace

void write_binary_codes(storage::Writer& writer, const LearntBinaryCodes& learnt) {
  const std::uint64_t header[kFields] = {static_cast<std::uint64_t>(learnt.planes), learnt.bits, learnt.seed};
  const std::size_t dims = learnt.centre.size();
  writer.add<std::uint64_t>(SectionId::binary_header, {1, kFields}, header);
  writer.add<float>(SectionId::binary_centre, {1, dims}, learnt.centre);
  writer.add<float>(SectionId::binary_directions, {dims, learnt.codes().outputs()}, learnt.directions);
  writer.add<float>(SectionId::binary_levels, {2, learnt.bits}, learnt.levels);
}

StoredBinaryCodes read_binary_codes(const storage::File& file, std::size_t dims) {
  const Section& section = file.section(SectionId::binary_header);
  section.expect(Element::u64, {1, kFields});
  const std::span<const std::uint64_t> header = section.all<std::uint64_t>();
  const auto planes = static_cast<Planes>(header[kPlanes]);
  if (planes != Planes::hyperplanes && planes != Planes::itq)
    storage::throw_count(file, section, kPlanes, "1 (hyperplanes) or 2 (itq)", header[kPlanes]);
  const std::uint64_t bits = header[kBits];
  if (bits == 0 || bits > kMaxCodeBits)
    storage::throw_count(file, section, kBits, "1 to " + std::to_string(kMaxCodeBits) + " bits", bits);
  const std::size_t outputs = transform::padded_outputs(bits);
  return {planes, header[kSeed],
          BinaryCodes(bits, read_floats(file, SectionId::binary_centre, {1, dims}),
                      read_floats(file, SectionId::binary_directions, {dims, outputs}),
                      read_floats(file, SectionId::binary_levels, {2, bits}))};
}

}  // namespace nearabout::quantize
