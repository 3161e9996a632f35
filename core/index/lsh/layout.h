// What the file of hashes holds: its sections, and the numbers that are read from them once, when the index is opened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/monitor.h"
#include "index/descriptor.h"
#include "index/lsh/options.h"
#include "quantize/binary_codes_file.h"
#include "storage/file.h"
#include "transform/metric_transform.h"

namespace nearabout::lsh {

// The rows of one table by key: bucket b has those from ends[b - 1] to ends[b].
struct HashTable {
  std::size_t first = 0;  // of its buckets among those of all tables
  std::size_t buckets = 0;
};

struct LshLayout {
  const storage::File& file;
  index::Descriptor descriptor;
  HashSettings settings{};
  const storage::Section* vectors = nullptr;
  transform::MetricTransform transform{};      // of vectors of numbers
  quantize::BinaryCodes planes{};              // of these
  std::span<const std::uint32_t> positions{};  // of vectors of bits
  const storage::Section* codes = nullptr;     // of all rows, in blocks (kernels.h); null with tables
  std::vector<HashTable> tables{};
  const storage::Section* keys = nullptr;
  const storage::Section* ends = nullptr;
  const storage::Section* rows = nullptr;

  std::size_t row_count() const { return descriptor.rows; }
  std::size_t words() const { return quantize::words_of(settings.all_bits()); }  // of the code of a row or a query
  std::size_t block_count() const;
};

// Reads the layout of an open file, which must outlive it. Throws CorruptFileError.
LshLayout read_lsh_layout(const storage::File& file, const index::Descriptor& descriptor);

// Verifies that keys ascend and that each row is once in each table. Throws CorruptFileError.
void verify_tables(const LshLayout& layout, const Monitor& monitor);

}  // namespace nearabout::lsh
