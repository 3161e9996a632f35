// The settings of a build of hashes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "metric/metric.h"
#include "quantize/binary_codes.h"

namespace nearabout::lsh {

inline constexpr std::size_t kMaxTables = 64;
inline constexpr std::size_t kMaxKeyBits = 32;  // of a table

enum class Hashing { hyperplanes, itq, bits };
std::string_view name_of(Hashing hashing);

// What is given; "auto" and 0 bits are chosen.
struct LshOptions {
  std::string hashing = "auto";  // or "hyperplanes", "itq", "bits"
  std::size_t bits = 0;          // of a code, or of a key of each table
  std::size_t tables = 0;        // 0: the codes of all rows are scanned
  std::uint64_t seed = 0;
};

// What is built.
struct HashSettings {
  Hashing hashing;
  std::size_t bits, tables;
  std::uint64_t seed;

  // Returns the bits of a row in all tables.
  std::size_t all_bits() const { return bits * (tables == 0 ? 1 : tables); }
};

// Throws InvalidInputError if the options contradict each other or the metric.
HashSettings settle_options(const LshOptions& given, metric::Metric metric, std::size_t rows, std::size_t dims);

}  // namespace nearabout::lsh
