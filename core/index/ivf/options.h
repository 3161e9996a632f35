// The settings of a build of lists of codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/element.h"
#include "index/calibration/calibration.h"
#include "index/distance_source.h"
#include "index/tuning.h"

namespace nearabout::ivf {

// What rows are coded by.
enum class CodeFamily {
  pca,      // a few bits along each leading principal direction (leading_codes.h)
  product,  // product codes of the coordinates
  rotated,  // product codes after a learnt rotation
  local,    // product codes after a rotation of their own in each cell, which some lists share
  scalar,   // a few bits for each coordinate
  random    // a few bits for each direction of a random rotation
};
constexpr bool is_product(CodeFamily family) {
  return family == CodeFamily::product || family == CodeFamily::rotated || family == CodeFamily::local;
}
// Returns whether codes may be of rows themselves, and not of their residuals.
constexpr bool may_code_rows(CodeFamily family) { return family != CodeFamily::pca && family != CodeFamily::local; }
std::string_view name_of(CodeFamily family);
// Throws InvalidInputError if there is no such family.
CodeFamily family_of_codes(std::string_view name);
// Returns whether codes of a family may have so many bits, and which they may have, in words.
bool are_bits_of(CodeFamily family, std::size_t bits);
std::string bits_of(CodeFamily family);

struct IvfOptions {
  std::size_t lists = 0;       // 0: chosen from the number of rows
  std::size_t code_bytes = 0;  // 0: chosen from the data
  std::size_t code_bits = 0;   // bits per direction, 1, 2, 4 or 8; 0: chosen from the data; of product codes: 4 or 8
  std::uint64_t seed = 0;
  bool refine = true;        // the most promising rows are compared by more than their small codes
  bool keep_vectors = true;  // false: they are compared by one byte per dimension, if at all
  // Whether there is one byte per dimension besides the vectors, to compare fewer of them; nullopt: where it pays.
  std::optional<bool> byte_rows = false;
  bool quick = false;         // learnt from fewer rows, without a screen: for an index that is not kept
  index::Tuning tuning = {};  // the processors and the workload that it is chosen for
  double recall = calibration::kDefaultRecall;  // target recall of searches, for which everything is chosen
  CodeFamily code_family = CodeFamily::pca;
  std::size_t code_cells = 0;           // of local codes; 0: chosen from the number of rows
  bool residual = true;                 // rows are coded relative to the centroids of their lists
  std::span<const float> queries = {};  // queries for calibration, one after another; empty: rows are used
};

// Returns how rows are compared. Vectors of bytes are their own 8-bit codes.
index::DistanceSource distance_source_of(const IvfOptions& options, Element element);
bool keeps_vectors(const IvfOptions& options, Element element);

}  // namespace nearabout::ivf
