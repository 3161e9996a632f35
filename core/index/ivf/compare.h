// From the rows that look nearest to the answer: each is compared by what the index keeps of it, or ranked by what was
// estimated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/ivf/estimates.h"
#include "index/ivf/scan.h"
#include "index/searcher.h"
#include "metric/bound_query.h"
#include "quantize/byte_rows.h"

namespace nearabout {

// Keeps its work space from group to group.
class RowComparison {
 public:
  explicit RowComparison(const IvfIndex& index);

  // Answers the queries of `scan`, which are those of `queries` from number `begin` on.
  void run(ListScan& scan, MatrixView queries, std::size_t begin, const Request& request,
           std::vector<SearchResult>& results);

  std::size_t rows_compared() const { return compared_; }

 private:
  // What one query is at: several queries are on their way at a time, so that nobody waits for memory.
  struct Pending {
    std::vector<std::uint32_t> places;  // among list_rows
    std::vector<std::uint32_t> rows, squares;
  };
  void ask_for_rows(ListScan& scan);
  void result(ListScan& scan, MatrixView queries, std::size_t begin, const Request& request,
              std::vector<SearchResult>& results);
  void find_places(ListScan& scan, std::size_t query, Pending& pending) const;
  void find_rows(Pending& pending) const;
  void compare(const BoundQuery& bound, const Pending& pending, TopK& best);
  // Whether rows that were not compared, since their estimates were too large, are probably among the nearest.
  bool is_too_shallow(ListScan& scan, std::size_t query, const TopK& best) const;
  void compare_bytes(const BoundByteQuery& bound, const Pending& pending, TopK& best) const;
  void rank(std::span<const float> estimates, const Pending& pending, TopK& best) const;

  const IvfIndex& index_;
  const storage::Section* table_;  // what rows are compared by; null where estimates are all
  MatrixView view_;                // of it
  std::size_t columns_;
  bool squares_;
  EstimateUnits units_;
  Pending pending_[3];
  std::vector<double> rdists_;       // of the rows that were compared last
  std::vector<std::uint32_t> cold_;  // places, then rows, of a whole group
  std::size_t compared_ = 0;
};

}  // namespace nearabout
