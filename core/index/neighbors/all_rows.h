// The neighbours of every row of an index, found all at once.
//
// Rows are bytes along leading directions. They are divided into small leaves that overlap, the pairs of a leaf are
// compared by products of bytes, and each row keeps those that look nearest: in the end only they are compared in full.
// Nothing says how many true neighbours this finds: who asks measures it on some of the rows, adds another round of
// leaves if it is too little, and gives up if that does not help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/monitor.h"
#include "index/neighbors/byte_points.h"
#include "index/neighbors/leaves.h"
#include "index/neighbors/near_lists.h"
#include "index/results.h"
#include "index/stored_index.h"

namespace nearabout::neighbors {

class AllRows {
 public:
  // Returns whether an index has what this needs: vectors and a screen of their Euclidean or cosine distances.
  static bool serves(const index::StoredIndex& index);

  // Finds k neighbours of each row. The index must outlive this.
  AllRows(const index::StoredIndex& index, std::size_t k, std::uint64_t seed, std::size_t threads,
          const Monitor& monitor);

  std::size_t count() const { return points_.count(); }
  std::size_t k() const { return k_; }
  // Compares the rows of further leaves: each row is in `several`, of about `typical` rows.
  void add_leaves(std::size_t several, std::size_t typical, const Monitor& monitor);
  // Looks at neighbours of neighbours, `followed` times as many.
  void descend(std::size_t followed, const Monitor& monitor);
  // All rows, in an order in which near ones mostly follow each other. Only after leaves were added.
  const std::vector<std::uint32_t>& order() const { return order_; }
  // Compares some rows with those that look nearest, in full: the nearest are their results. Of rows that met fewer
  // than k others so far, there are as few. Only after leaves were added.
  void compare(const std::vector<std::uint32_t>& rows, const Monitor& monitor, index::Results& results) const;

 private:
  AllRows(const index::StoredIndex& index, const quantize::StoredScreen& screen, std::size_t k, std::uint64_t seed,
          std::size_t threads, const Monitor& monitor);
  void reorder(Division& division);

  const index::StoredIndex& index_;
  const storage::Section& vectors_;
  std::size_t k_;
  std::uint64_t seed_;
  std::size_t threads_;
  BytePoints points_;                  // in their order, once there is one
  NearLists lists_;                    // of places in that order
  std::vector<std::uint32_t> order_;   // the row at each place
  std::vector<std::uint32_t> places_;  // the place of each row
};

}  // namespace nearabout::neighbors
