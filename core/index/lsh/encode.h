// Learns the codes of a table of rows, and encodes these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "index/lsh/options.h"
#include "index/validated_rows.h"
#include "quantize/binary_codes.h"
#include "storage/writer.h"
#include "transform/metric_transform.h"

namespace nearabout::lsh {

class RowEncoder {
 public:
  // Learns planes, or chooses positions of bits.
  RowEncoder(const index::ValidatedRows& source, const HashSettings& settings, std::size_t threads);

  std::size_t words() const { return quantize::words_of(settings_.all_bits()); }
  // Encodes rows [begin, end), words() words each, one after another. Thread-safe.
  void encode(std::size_t begin, std::size_t end, std::uint64_t* codes) const;
  // Writes what queries are encoded by.
  void write(storage::Writer& writer) const;

 private:
  const index::ValidatedRows& source_;
  HashSettings settings_;
  transform::MetricTransform transform_;
  quantize::LearntBinaryCodes planes_;
  std::vector<std::uint32_t> positions_;
};

}  // namespace nearabout::lsh
