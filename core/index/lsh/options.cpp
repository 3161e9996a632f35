#include "index/lsh/options.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "base/error.h"
#include "transform/space.h"

namespace nearabout::lsh {
namespace {

using metric::Metric;

constexpr std::size_t kDefaultCodeBits = 256;
constexpr std::size_t kRowsPerBucket = 16;  // on average, if keys were spread evenly; they never are
constexpr std::size_t kMinDefaultKeyBits = 4, kMaxDefaultKeyBits = 24;

constexpr Hashing kAllHashing[] = {Hashing::hyperplanes, Hashing::itq, Hashing::bits};

Hashing hashing_named(const LshOptions& given, Metric metric) {
  if (given.hashing == "auto") {
    if (metric == Metric::hamming) return Hashing::bits;
    return given.tables == 0 ? Hashing::itq : Hashing::hyperplanes;
  }
  for (const Hashing one : kAllHashing)
    if (given.hashing == name_of(one)) return one;
  throw InvalidInputError("there is no hashing '" + given.hashing + "'; allowed are auto, hyperplanes, itq and bits");
}

void check_metric(Hashing hashing, Metric metric) {
  const bool is_served =
      hashing == Hashing::bits ? metric == Metric::hamming : transform::code_space_of(metric).has_value();
  if (is_served) return;
  if (metric == Metric::hamming)
    throw InvalidInputError("hashing '" + std::string(name_of(hashing)) +
                            "' is for vectors of numbers; vectors of bits are hashed with hashing=\"bits\"");
  if (hashing == Hashing::bits && transform::code_space_of(metric))
    throw InvalidInputError("hashing 'bits' is for vectors of bits under hamming; under '" +
                            std::string(name_of(metric)) + "' pass hashing=\"itq\" or \"hyperplanes\"");
  throw InvalidInputError("hashing does not support metric '" + std::string(name_of(metric)) +
                          "', only euclidean, sqeuclidean, cosine, dot and hamming; choose kind=\"exact\"");
}

std::size_t usual_bits(Hashing hashing, std::size_t tables, std::size_t rows, std::size_t dims) {
  if (tables > 0) {
    const auto level = static_cast<std::size_t>(std::bit_width(rows / kRowsPerBucket));
    return std::min(std::clamp(level, kMinDefaultKeyBits, kMaxDefaultKeyBits), quantize::kMaxCodeBits / tables);
  }
  return hashing == Hashing::bits ? std::min(kDefaultCodeBits, dims) : kDefaultCodeBits;
}

}  // namespace

std::string_view name_of(Hashing hashing) {
  switch (hashing) {
    case Hashing::hyperplanes:
      return "hyperplanes";
    case Hashing::itq:
      return "itq";
    default:
      return "bits";
  }
}

HashSettings settle_options(const LshOptions& given, Metric metric, std::size_t rows, std::size_t dims) {
  const Hashing hashing = hashing_named(given, metric);
  check_metric(hashing, metric);
  if (given.tables > kMaxTables)
    throw InvalidInputError("tables is " + std::to_string(given.tables) + "; 0 to " + std::to_string(kMaxTables) +
                            " are allowed");
  if (given.tables > 0 && hashing == Hashing::itq)
    throw InvalidInputError(
        "hashing 'itq' learns one code for all rows, and tables need several that are independent; pass tables=0, or "
        "hashing=\"hyperplanes\"");
  const std::size_t bits = given.bits == 0 ? usual_bits(hashing, given.tables, rows, dims) : given.bits;
  const std::size_t most =
      given.tables > 0 ? std::min(kMaxKeyBits, quantize::kMaxCodeBits / given.tables) : quantize::kMaxCodeBits;
  if (bits > most)
    throw InvalidInputError("bits is " + std::to_string(bits) + "; with tables=" + std::to_string(given.tables) +
                            " at most " + std::to_string(most) + " are allowed");
  return {hashing, bits, given.tables, given.seed};
}

}  // namespace nearabout::lsh
