#include "index/descriptor.h"

#include <array>
#include <string>

#include "base/error.h"
#include "index/registry.h"
#include "storage/validate.h"

namespace nearabout::index {
namespace {

using storage::Section;
using storage::SectionId;

enum Field : std::size_t { kKind, kMetric, kElement, kRows, kDims, kFields };

[[noreturn]] void throw_unknown(const storage::File& file, Field field, const char* what, std::uint64_t found) {
  const Section& section = file.section(SectionId::descriptor);
  storage::throw_corrupt(file.name(), std::string(what) + " in section " + section.name(),
                         section.offset() + field * sizeof(std::uint64_t), "one that exists", std::to_string(found));
}

// Row numbers have 32 bits, and the last one means no row.
constexpr std::uint64_t kMaxRows = 0xFFFF'FFFEu;

}  // namespace

void write_descriptor(storage::Writer& writer, const Descriptor& descriptor) {
  const std::array<std::uint64_t, kFields> fields{descriptor.kind, static_cast<std::uint64_t>(descriptor.metric),
                                                  static_cast<std::uint64_t>(descriptor.element), descriptor.rows,
                                                  descriptor.dims};
  writer.add<std::uint64_t>(SectionId::descriptor, {1, kFields}, fields);
}

Descriptor read_descriptor(const storage::File& file) {
  const Section& section = file.section(SectionId::descriptor);
  section.expect(Element::u64, {1, kFields});
  const std::span<const std::uint64_t> fields = section.all<std::uint64_t>();

  if (fields[kKind] == 0) throw_unknown(file, kKind, "the index kind", fields[kKind]);
  const IndexKind* const kind = find_kind(fields[kKind]);
  if (!kind)
    throw UnsupportedVersionError(file.name() + " holds an index of kind " + std::to_string(fields[kKind]) +
                                  ", which this version does not know; install a newer nearabout to open it");
  Descriptor descriptor;
  descriptor.kind = kind->number;
  descriptor.metric = static_cast<metric::Metric>(fields[kMetric]);
  descriptor.element = static_cast<Element>(fields[kElement]);
  descriptor.rows = fields[kRows];
  descriptor.dims = fields[kDims];
  if (fields[kMetric] > 0xFFFF || name_of(descriptor.metric) == "unknown")
    throw_unknown(file, kMetric, "the metric", fields[kMetric]);
  if (fields[kElement] > static_cast<std::uint64_t>(Element::bits) || fields[kElement] == 0)
    throw_unknown(file, kElement, "the element type", fields[kElement]);
  if (descriptor.rows > kMaxRows)
    storage::throw_corrupt(file.name(), "the number of rows in section " + section.name(),
                           section.offset() + kRows * sizeof(std::uint64_t), "at most " + std::to_string(kMaxRows),
                           std::to_string(descriptor.rows));
  try {
    metric::require_comparable(descriptor.metric, descriptor.element, descriptor.dims);
  } catch (const InvalidInputError& error) {
    throw CorruptFileError(file.name() + " is corrupt: section " + section.name() +
                           " contradicts itself: " + error.what() + ". Copy or build it again.");
  }
  if (file.has(SectionId::vectors) || !kind->may_lack_vectors || !kind->may_lack_vectors(file))
    file.section(SectionId::vectors).expect(descriptor.element, {descriptor.rows, descriptor.dims});
  return descriptor;
}

}  // namespace nearabout::index
