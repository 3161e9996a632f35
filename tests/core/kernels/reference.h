// Slow, obvious reference results and awkward inputs for the tests of kernels.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "check.h"
#include "kernels/kernel_sets.h"

namespace nearabout::test {

inline const std::vector<std::size_t>& sizes() {
  static const std::vector<std::size_t> list = [] {
    std::vector<std::size_t> all;
    for (std::size_t dims = 1; dims <= 70; ++dims) all.push_back(dims);
    for (const std::size_t dims : {96u, 100u, 128u, 255u, 256u, 257u, 384u, 784u, 1000u, 4099u}) all.push_back(dims);
    return all;
  }();
  return list;
}

// Rows in an allocation of exactly their size, so that the sanitizer detects a read past the end; row 0 starts at an
// odd address if `stride` allows.
struct RowBlock {
  std::vector<std::uint8_t> bytes;
  std::size_t stride;
  std::size_t count;
  kernels::Rows all() const { return {bytes.data(), stride, nullptr, count}; }
  kernels::Rows listed(const std::vector<std::uint32_t>& rows) const {
    return {bytes.data(), stride, rows.data(), rows.size()};
  }
  const std::uint8_t* row(std::size_t index) const { return bytes.data() + index * stride; }
};

inline RowBlock random_rows(std::mt19937& random, std::size_t count, std::size_t row_bytes, std::size_t gap) {
  RowBlock block{{}, row_bytes + gap, count};
  block.bytes.resize(count == 0 ? 0 : (count - 1) * block.stride + row_bytes);
  for (std::uint8_t& byte : block.bytes) byte = static_cast<std::uint8_t>(random());
  return block;
}

// Returns every table; if NEARABOUT_ISA is set, only the one it names (scripts/test-isa tries each).
inline std::vector<const kernels::Table*> tables_to_test() {
  const char* forced = std::getenv("NEARABOUT_ISA");
  if (forced != nullptr && *forced != '\0') return {&kernels::table()};
  const kernels::TableList all = kernels::available_tables();
  return {all.begin(), all.end()};
}

// Runs a test of each table, with random numbers from `seed`.
inline void each_table(unsigned seed, void (*test)(const kernels::Table&, std::mt19937&)) {
  for (const kernels::Table* table : tables_to_test()) {
    CASE(table->name);
    std::mt19937 random(seed);
    test(*table, random);
  }
}

// Reports a failure with its context.
inline void expect(bool holds, const char* table, const char* kernel, std::size_t dims, std::size_t row,
                   double expected, double got) {
  if (!holds) FAIL(table, " ", kernel, ": dims ", dims, ", row ", row, ": expected ", expected, ", got ", got);
}

}  // namespace nearabout::test
