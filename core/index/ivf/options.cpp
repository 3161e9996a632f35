#include "index/ivf/options.h"

#include <array>
#include <string>

#include "base/error.h"
#include "quantize/product_codes.h"
#include "quantize/residual_codes.h"
#include "quantize/uniform_codes.h"

namespace nearabout::ivf {
namespace {

// In the order of their numbers, which files have.
constexpr std::array<std::string_view, 6> kCodeFamilies = {"pca", "pq", "opq", "lopq", "sq", "rabitq"};

}  // namespace

std::string_view name_of(CodeFamily family) { return kCodeFamilies[static_cast<std::size_t>(family)]; }

CodeFamily family_of_codes(std::string_view name) {
  for (std::size_t i = 0; i < kCodeFamilies.size(); ++i)
    if (kCodeFamilies[i] == name) return static_cast<CodeFamily>(i);
  throw InvalidInputError("there are no codes named \"" + std::string(name) +
                          "\"; pass pca, pq, opq, lopq, sq or rabitq");
}

std::string bits_of(CodeFamily family) {
  if (is_product(family)) return "4 and 8 bits per part";
  if (family == CodeFamily::scalar) return "4, 6 and 8 bits per coordinate";
  return family == CodeFamily::random ? "1 to 8 bits per direction" : "1, 2, 4 and 8 bits per direction";
}

bool are_bits_of(CodeFamily family, std::size_t bits) {
  if (is_product(family)) return quantize::are_product_bits(bits);
  if (family == CodeFamily::scalar) return bits == 4 || bits == 6 || bits == 8;
  return quantize::are_code_bits(bits) || (family == CodeFamily::random && quantize::are_uniform_bits(bits));
}

bool keeps_vectors(const IvfOptions& options, Element element) {
  return options.keep_vectors || (options.refine && is_byte(element));
}

index::DistanceSource distance_source_of(const IvfOptions& options, Element element) {
  if (!options.refine) return index::DistanceSource::codes_alone;
  return keeps_vectors(options, element) ? index::DistanceSource::vectors : index::DistanceSource::int8;
}

}  // namespace nearabout::ivf
