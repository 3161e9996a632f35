#include "quantize/sketch_file.h"

#include <cmath>

#include "quantize/contraction_file.h"
#include "storage/numbers.h"

namespace nearabout::quantize {
namespace {

using storage::SectionId;

enum Number : std::size_t { kEpsilon, kScale, kLongest, kSpread, kBiasBound, kNumbers };

}  // namespace

void write_sketch(storage::Writer& writer, const Sketch& sketch) {
  const double numbers[kNumbers] = {sketch.contraction.epsilon(), double{sketch.transform.scale()},
                                    sketch.transform.longest(), sketch.spread, sketch.bias_bound};
  writer.add<double>(SectionId::sketch, {1, kNumbers}, numbers);
  write_contraction(writer, sketch.contraction);
  write_grid(writer, sketch.grid);
}

Sketch read_sketch(const storage::File& file, transform::CodeSpace space, std::size_t dims) {
  const storage::Section& section = file.section(SectionId::sketch);
  section.expect(Element::f64, {1, kNumbers});
  const std::span<const double> numbers = section.all<double>();
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!(numbers[i] >= 0) || !std::isfinite(numbers[i]))
      storage::throw_number(file, section, i, "finite and not negative", numbers[i]);
  if (!(numbers[kScale] > 0)) storage::throw_number(file, section, kScale, "a scale above 0", numbers[kScale]);
  Sketch sketch;
  sketch.transform = transform::MetricTransform(space, dims, static_cast<float>(numbers[kScale]), numbers[kLongest]);
  sketch.spread = numbers[kSpread];
  sketch.bias_bound = numbers[kBiasBound];
  sketch.contraction = read_contraction(file, sketch.transform.outputs(), numbers[kEpsilon]);
  sketch.grid = read_grid(file, sketch.contraction.outputs());
  return sketch;
}

}  // namespace nearabout::quantize
