#include "quantize/transform_file.h"

#include <cmath>
#include <limits>
#include <span>

#include "storage/numbers.h"

namespace nearabout::quantize {
namespace {

using storage::SectionId;

enum TransformNumber : std::size_t { kScale, kLongest, kPointStep, kOwn, kTransformNumbers };
static_assert(kOwn == kOwnTransformNumber);

}  // namespace

void write_transform(storage::Writer& writer, const StoredTransform& stored) {
  const double numbers[] = {double{stored.transform.scale()}, stored.transform.longest(), double{stored.point_step},
                            stored.own};
  writer.add<double>(SectionId::transform, {1, kTransformNumbers}, numbers);
}

StoredTransform read_transform(const storage::File& file, transform::CodeSpace space, std::size_t dims) {
  const storage::Section& section = file.section(SectionId::transform);
  section.expect(Element::f64, {1, kTransformNumbers});
  const std::span<const double> values = section.all<double>();
  for (const std::size_t place : {kScale, kPointStep})
    if (!(values[place] > 0 && values[place] <= double{std::numeric_limits<float>::max()}))
      storage::throw_number(file, section, place, "a float above 0", values[place]);
  if (!(values[kLongest] >= 0 && std::isfinite(values[kLongest])))
    storage::throw_number(file, section, kLongest, "finite and not negative", values[kLongest]);
  return {transform::MetricTransform(space, dims, static_cast<float>(values[kScale]), values[kLongest]),
          static_cast<float>(values[kPointStep]), values[kOwn]};
}

}  // namespace nearabout::quantize
