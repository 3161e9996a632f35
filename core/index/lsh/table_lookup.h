// Looks rows up in hash tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/row_set.h"
#include "index/lsh/layout.h"
#include "index/lsh/nearest_codes.h"
#include "index/lsh/probes.h"

namespace nearabout::lsh {

class TableLookup {
 public:
  explicit TableLookup(const LshLayout& layout) : layout_(layout) {}

  // Looks into the most promising buckets of a query until there are `wanted` rows. If they are empty for so long that
  // there are fewer than `least`, returns all rows: comparing these is as quick. Leaves out `absent` rows, which are in
  // order. The rows that were found first look nearer.
  FoundRows find(const QueryCodes& queries, std::size_t query, std::size_t wanted, std::size_t least,
                 std::span<const std::uint32_t> absent = {});
  std::size_t probed() const { return probed_; }  // buckets, by the last call

 private:
  void add_bucket(const Probe& probe, std::size_t wanted);

  const LshLayout& layout_;
  Probes probes_;
  RowSet seen_;
  std::vector<std::uint32_t> rows_;
  std::size_t probed_ = 0;
};

}  // namespace nearabout::lsh
