#include "index/ivf/options.h"

namespace nearabout::ivf {

bool keeps_vectors(const IvfOptions& options, Element element) {
  return options.keep_vectors || (options.refine && is_byte(element));
}

index::DistanceSource distance_source_of(const IvfOptions& options, Element element) {
  if (!options.refine) return index::DistanceSource::codes_alone;
  return keeps_vectors(options, element) ? index::DistanceSource::vectors : index::DistanceSource::int8;
}

}  // namespace nearabout::ivf
