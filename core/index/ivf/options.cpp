#include "index/ivf/options.h"

#include <array>
#include <string>

#include "base/error.h"

namespace nearabout::ivf {
namespace {

// In the order of their numbers, which files have.
constexpr std::array<std::string_view, 4> kCodeFamilies = {"pca", "pq", "opq", "lopq"};

}  // namespace

std::string_view name_of(CodeFamily family) { return kCodeFamilies[static_cast<std::size_t>(family)]; }

CodeFamily family_of_codes(std::string_view name) {
  for (std::size_t i = 0; i < kCodeFamilies.size(); ++i)
    if (kCodeFamilies[i] == name) return static_cast<CodeFamily>(i);
  throw InvalidInputError("there are no codes named \"" + std::string(name) + "\"; pass pca, pq, opq or lopq");
}

bool keeps_vectors(const IvfOptions& options, Element element) {
  return options.keep_vectors || (options.refine && is_byte(element));
}

index::DistanceSource distance_source_of(const IvfOptions& options, Element element) {
  if (!options.refine) return index::DistanceSource::codes_alone;
  return keeps_vectors(options, element) ? index::DistanceSource::vectors : index::DistanceSource::int8;
}

}  // namespace nearabout::ivf
