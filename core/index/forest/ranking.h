// Finds the leaves nearest to a query, across all trees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/scored.h"
#include "index/forest/layout.h"
#include "index/forest/leaf_filter.h"

namespace nearabout::forest {

// Groups are taken until their leaves have this many times the wanted number of rows.
inline constexpr std::uint64_t kWiden = 8;

// Position of a leaf's rows in the trees' order.
struct LeafSpan {
  std::uint64_t begin, end;
  float key;  // score of its centroid
  std::uint32_t leaf;
};

// Ranks leaves. Reuses its work space from query to query; each thread needs its own.
class LeafRanking {
 public:
  explicit LeafRanking(const ForestLayout& layout) : layout_(layout) {}

  // Ranks only leaves with allowed rows, and counts only those rows; all with null.
  void set_filter(const LeafFilter* filter) { filter_ = filter; }
  // Returns the nearest leaves that together have at least `effort` rows (all leaves if there are fewer), nearest
  // first. With `beyond`, also as many after them, in any order, for the estimate of missed neighbours (guard.h).
  const std::vector<LeafSpan>& rank(const quantize::SketchQuery& query, std::uint64_t effort, bool beyond);
  // Returns how many rows, on average over trees, are in leaves without allowed rows that are nearer than the nearest
  // leaf that was ranked last.
  std::size_t rows_skipped() const;
  // Sorts the leaves beyond, too.
  void sort_beyond();

 private:
  void add_keys(const quantize::SketchQuery& query, std::size_t level, std::uint64_t begin, std::uint64_t end);
  void leave_out_empty(std::size_t level, std::size_t place);
  std::optional<std::size_t> sort_nearest(std::size_t level, std::uint64_t rows, std::size_t guessed);
  void keep_nearest(std::size_t level, std::uint64_t rows, bool beyond);
  void keep_below(float threshold);
  float promising_key(std::size_t wanted);
  std::uint64_t rows_of(std::size_t level, std::uint64_t node) const;
  std::uint64_t all_rows_of(std::size_t level, std::uint64_t node) const;  // allowed or not
  std::uint64_t first_leaf(std::size_t level, std::uint64_t node) const;
  // Returns how many rows (with a filter, allowed rows) are before the node's first, in the trees' order.
  std::uint64_t rows_before(std::size_t level, std::uint64_t node) const;

  const ForestLayout& layout_;
  const LeafFilter* filter_ = nullptr;
  std::vector<std::int32_t> dots_;
  std::vector<float> keys_;
  std::vector<std::uint32_t> nodes_;  // nodes that the keys belong to
  std::vector<float> sampled_keys_;
  struct Empty {
    float key;
    std::uint64_t rows;
  };
  std::vector<Empty> empty_;    // nodes without allowed rows
  std::vector<Scored> ranked_;  // nodes by their keys: the nearest_ nearest are in order
  std::size_t nearest_ = 0;
  std::vector<LeafSpan> leaves_;
};

}  // namespace nearabout::forest
