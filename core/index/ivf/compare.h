// From the rows that look nearest to the answer: each is compared in full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/index.h"
#include "index/ivf/scan.h"
#include "metric/bound_query.h"

namespace nearabout {

// Keeps its work space from group to group.
class RowComparison {
 public:
  explicit RowComparison(const IvfIndex& index);

  // Answers the queries of `scan`, which are those of `queries` from number `begin` on.
  void run(ListScan& scan, MatrixView queries, std::size_t begin, const Request& request, std::vector<Answer>& answers);

  std::size_t rows_compared() const { return compared_; }

 private:
  // What one query is at: several queries are on their way at a time, so that nobody waits for memory.
  struct Pending {
    std::vector<std::uint32_t> places;  // among list_rows
    std::vector<std::uint32_t> rows, squares;
  };
  void find_places(ListScan& scan, std::size_t query, Pending& pending) const;
  void find_rows(Pending& pending) const;
  void compare(const BoundQuery& bound, const Pending& pending, TopK& best) const;

  const IvfIndex& index_;
  MatrixView vectors_;
  std::size_t columns_;
  bool squares_;
  Pending pending_[3];
  std::size_t compared_ = 0;
};

}  // namespace nearabout
