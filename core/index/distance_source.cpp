#include "index/distance_source.h"

#include "storage/numbers.h"

namespace nearabout::index {

using storage::SectionId;

std::string_view name_of(DistanceSource distance_source) {
  switch (distance_source) {
    case DistanceSource::vectors:
      return "vectors";
    case DistanceSource::int8:
      return "int8";
    case DistanceSource::codes_alone:
      return "codes";
  }
  return "unknown";
}

void write_distance_source(storage::Writer& writer, DistanceSource distance_source) {
  const std::uint64_t number[] = {static_cast<std::uint64_t>(distance_source)};
  if (distance_source != DistanceSource::vectors) writer.add<std::uint64_t>(SectionId::distance_source, {1, 1}, number);
}

bool may_lack_vectors(const storage::File& file) { return file.has(SectionId::distance_source); }

DistanceSource read_distance_source(const storage::File& file) {
  if (!may_lack_vectors(file)) return DistanceSource::vectors;
  const storage::Section& section = file.section(SectionId::distance_source);
  section.expect(Element::u64, {1, 1});
  const std::uint64_t found = section.all<std::uint64_t>()[0];
  if (found != static_cast<std::uint64_t>(DistanceSource::int8) &&
      found != static_cast<std::uint64_t>(DistanceSource::codes_alone))
    storage::throw_count(file, section, 0, "2 (8-bit codes) or 3 (small codes)", found);
  return static_cast<DistanceSource>(found);
}

}  // namespace nearabout::index
