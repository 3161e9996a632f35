// From the most promising rows to results: each is compared by its stored vector or bytes, or ranked by its estimate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/top_k.h"
#include "index/ivf/estimates.h"
#include "index/ivf/scan.h"
#include "index/request.h"
#include "index/results.h"
#include "metric/bound_query.h"
#include "quantize/byte_rows.h"

namespace nearabout::ivf {

// Compares rows. Reuses its work space from group to group.
class RowComparison {
 public:
  RowComparison(const IvfLayout& layout, PageCacheMonitor& page_cache);

  // Answers the queries of `scan`, which are those of `queries` starting at number `begin`.
  void run(ListScan& scan, MatrixView queries, std::size_t begin, const index::Request& request,
           index::Results& results);

  std::size_t rows_compared() const { return compared_; }

 private:
  // Per-query state of a software pipeline three queries deep, which hides memory latency.
  struct Pending {
    std::vector<std::uint32_t> places;  // places in list_rows
    std::vector<std::uint32_t> rows, squares;
  };
  void ask_for_rows(ListScan& scan);
  void result(ListScan& scan, MatrixView queries, std::size_t begin, const index::Request& request,
              index::Results& results);
  void find_places(ListScan& scan, std::size_t query, Pending& pending) const;
  void find_rows(Pending& pending) const;
  void compare(const metric::BoundQuery& bound, const Pending& pending, TopK& best);
  // Returns how many of the estimates of rows that a filter left out are within the distance of the last neighbour.
  std::size_t nearer_left_out(std::span<const float> estimates, double worst) const;
  // Returns true if rows that were not compared, because their estimates were too large, are probably among the
  // nearest.
  bool is_too_shallow(ListScan& scan, std::size_t query, const TopK& best) const;
  void compare_bytes(const quantize::BoundByteQuery& bound, const Pending& pending, TopK& best) const;
  void rank(std::span<const float> estimates, const Pending& pending, TopK& best) const;

  const IvfLayout& layout_;
  PageCacheMonitor& page_cache_;
  const storage::Section* table_;  // section of the rows to compare; null if there are only estimates
  MatrixView view_;                // of it
  std::size_t columns_;
  bool squares_;
  EstimateUnits units_;
  Pending pending_[3];
  std::vector<double> rdists_;       // for the rows compared last
  std::vector<std::uint32_t> cold_;  // places, then rows, of a whole group
  std::size_t compared_ = 0;
};

}  // namespace nearabout::ivf
