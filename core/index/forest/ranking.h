// The leaves nearest to a query, all trees together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/scored.h"
#include "index/forest/forest.h"

namespace nearabout {

// Groups of leaves are taken for so many times the rows that are wanted of their leaves.
inline constexpr std::uint64_t kWiden = 8;

// Where a leaf's rows lie in the trees' order.
struct LeafSpan {
  std::uint64_t begin, end;
  float key;  // its centroid's score
  std::uint32_t leaf;
};

// Keeps its work space from query to query; one for each thread.
class LeafRanking {
 public:
  explicit LeafRanking(const ForestIndex& forest) : forest_(forest) {}

  // The nearest leaves that together have at least `effort` rows (all there are, if it must be), nearest first.
  // `beyond`: and as many after them, in any order, as an estimate of what was missed looks at (guard.h).
  const std::vector<LeafSpan>& rank(const SketchQuery& query, std::uint64_t effort, bool beyond);
  // Sorts those, too.
  void sort_beyond();

 private:
  void add_keys(const SketchQuery& query, std::size_t level, std::uint64_t begin, std::uint64_t end);
  std::optional<std::size_t> sort_nearest(std::size_t level, std::uint64_t rows, std::size_t guessed);
  void keep_nearest(std::size_t level, std::uint64_t rows, bool beyond);
  void keep_below(float threshold);
  float promising_key(std::size_t wanted);
  std::uint64_t rows_of(std::size_t level, std::uint64_t node) const;
  std::uint64_t first_place(std::size_t level, std::uint64_t node) const;

  const ForestIndex& forest_;
  std::vector<std::int32_t> dots_;
  std::vector<float> keys_;
  std::vector<std::uint32_t> nodes_;  // whose keys these are
  std::vector<float> some_;
  std::vector<Scored> ranked_;  // nodes by their keys: the nearest_ nearest in order
  std::size_t nearest_ = 0;
  std::vector<LeafSpan> leaves_;
};

}  // namespace nearabout
