#include "index/ivf/distance_source.h"

#include "index/ivf/options.h"

namespace nearabout::ivf {

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

bool keeps_vectors(const IvfOptions& options, Element element) {
  return options.keep_vectors || (options.refine && (element == Element::u8 || element == Element::i8));
}

DistanceSource distance_source_of(const IvfOptions& options, Element element) {
  if (!options.refine) return DistanceSource::codes_alone;
  return keeps_vectors(options, element) ? DistanceSource::vectors : DistanceSource::int8;
}

}  // namespace nearabout::ivf
