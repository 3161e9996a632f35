// From the most promising rows to results: each is compared by its stored vector or bytes, or ranked by its estimate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/top_k.h"
#include "index/exact/byte_comparison.h"
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

  // Returns how many rows were looked at, by what the file has of them, and how many of these were compared by their
  // vectors (without byte rows, all).
  std::size_t rows_looked_at() const { return looked_at_; }
  std::size_t rows_compared() const { return compared_; }

 private:
  // Per-query state of a software pipeline four queries deep, which hides memory latency.
  struct Pending {
    std::vector<std::uint32_t> places;  // places in list_rows
    std::vector<std::uint32_t> rows, squares;
    std::optional<metric::BoundQuery> bound;
    std::optional<TopK> best;
    bool by_bytes = false;  // rows that byte rows rule out are not compared
    quantize::ByteBoundQuery byte_query;
    std::optional<exact::ByteComparison> bytes;
  };
  void ask_for_rows(ListScan& scan);
  void result(ListScan& scan, MatrixView queries, std::size_t begin, const index::Request& request,
              index::Results& results);
  void finish(ListScan& scan, MatrixView queries, std::size_t query, std::size_t number, Pending& pending);
  void find_places(ListScan& scan, std::size_t query, Pending& pending) const;
  void find_rows(const ListScan& scan, std::size_t query, Pending& pending) const;
  void bind(MatrixView queries, std::size_t number, const index::Request& request, Pending& pending);
  // Chooses rows by their bytes and fetches those that will probably be compared in full.
  void choose_rows(MatrixView queries, std::size_t number, Pending& pending);
  void compare_chosen(Pending& pending);
  void compare(Pending& pending);
  // Returns how many of the estimates of rows that a filter left out are within the distance of the last neighbour.
  std::size_t nearer_left_out(std::span<const float> estimates, double worst) const;
  // Returns true if rows that were not compared, because their estimates were too large, are probably among the
  // nearest.
  bool is_too_shallow(ListScan& scan, std::size_t query, const TopK& best) const;
  void rank(std::span<const float> estimates, const Pending& pending, TopK& best) const;

  const IvfLayout& layout_;
  PageCacheMonitor& page_cache_;
  const storage::Section* table_;  // section of the rows to compare; null if there are only estimates
  MatrixView view_;                // of it
  std::size_t columns_;
  bool squares_;
  EstimateUnits units_;
  static constexpr std::size_t kDeep = 4;
  Pending pending_[kDeep];
  std::vector<float> scratch_;
  std::vector<double> rdists_;       // for the rows compared last
  std::vector<std::uint32_t> cold_;  // places, then rows, of a whole group
  std::size_t wanted_ = 0;           // neighbours that a query looks for, with those that it excludes
  std::size_t looked_at_ = 0;
  std::size_t compared_ = 0;
};

}  // namespace nearabout::ivf
