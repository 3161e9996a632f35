// The distinct rows of a table: copies of a row share a node of the graph. Otherwise the neighbours of a row with many
// copies would be its copies alone, and no walk would leave them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/monitor.h"
#include "index/validated_rows.h"

namespace nearabout::graph {

class DistinctRows {
 public:
  // Takes row numbers, node after node, ascending in each, and where each node's begin, and where the last ends.
  DistinctRows(std::vector<std::uint32_t> rows, std::vector<std::size_t> firsts)
      : rows_(std::move(rows)), firsts_(std::move(firsts)) {}

  std::size_t count() const { return firsts_.size() - 1; }
  // Returns the rows of a node, ascending.
  std::span<const std::uint32_t> rows(std::size_t node) const {
    return std::span(rows_).subspan(firsts_[node], firsts_[node + 1] - firsts_[node]);
  }
  // Returns the length of the section of copies: for each node of several rows their number, and the rows.
  std::size_t copies() const {
    std::size_t length = 0;
    for (std::size_t node = 0; node < count(); ++node)
      if (const std::size_t own = firsts_[node + 1] - firsts_[node]; own > 1) length += 1 + own;
    return length;
  }
  std::uint32_t first_row(std::size_t node) const { return rows_[firsts_[node]]; }

 private:
  std::vector<std::uint32_t> rows_;
  std::vector<std::size_t> firsts_;
};

// Finds rows that are equal byte by byte. Nodes are in the order of their first rows.
DistinctRows find_distinct_rows(const index::ValidatedRows& source, std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::graph
