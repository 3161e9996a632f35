// The exact scan: every row is compared, or ruled out by its screen. Used by the exact index, and by every other kind
// for an exact search.
#pragma once

#include <cstddef>
#include <vector>

#include "base/matrix.h"
#include "base/top_k.h"
#include "index/descriptor.h"
#include "index/exact/scanned_rows.h"
#include "index/request.h"
#include "index/results.h"
#include "metric/bound_query.h"
#include "quantize/byte_bounds_file.h"
#include "quantize/screen_file.h"

namespace nearabout::exact {

class ExactScan {
 public:
  // Makes a scan; all arguments must outlive it. Without a screen every row is compared in full; `bytes`, if not null,
  // spare most of the rows that pass the screen that.
  ExactScan(const index::Descriptor& descriptor, const storage::Section& vectors, const quantize::StoredScreen* screen,
            const quantize::StoredByteBounds* bytes = nullptr)
      : descriptor_(descriptor), vectors_(&vectors), screen_(screen), bytes_(bytes) {}

  // Searches. `request.k` is at least 1 and at most the number of allowed rows; there is at least one row and one
  // query.
  void search(MatrixView queries, const index::Request& request, index::Results& results) const;
  // Does the same for an index whose other searches read vectors in random order: this one reads them in file order.
  void search_in_order(MatrixView queries, const index::Request& request, index::Results& results) const;
  // Returns the estimated nanoseconds of a query for k neighbours among so many rows in a batch: a model, the same on
  // every machine.
  double query_cost(std::size_t k, std::size_t rows) const;

 private:
  void scan(const ScannedRows& rows, const metric::BoundQuery* queries, std::vector<TopK>& best, std::size_t begin,
            std::size_t end) const;
  // How the work of a search is divided: groups of queries times parts of the rows, one task each.
  struct Cut {
    std::size_t threads, group, groups, parts, part_rows;
  };
  Cut cut(std::size_t queries, std::size_t rows, std::size_t threads) const;
  double pair_cost() const;
  // Returns true if so many rows are screened; of fewer, comparing each in full takes less time than a query's codes.
  bool screens(std::size_t rows, std::size_t queries) const;

  index::Descriptor descriptor_;
  const storage::Section* vectors_;
  const quantize::StoredScreen* screen_;
  const quantize::StoredByteBounds* bytes_;
};

}  // namespace nearabout::exact
