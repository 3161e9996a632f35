// All pairs of a small set of rows, compared by products of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/neighbors/byte_points.h"
#include "index/neighbors/near_lists.h"
#include "quantize/panels.h"

namespace nearabout::neighbors {

// One thread's work space.
class Leaf {
 public:
  Leaf(const BytePoints& points, NearLists& lists);

  // Offers each of the rows the nearest of the others.
  void compare(std::span<const std::uint32_t> rows);

 private:
  void gather(std::span<const std::uint32_t> rows);
  // Compares rows [first, first + count) with those of `panels` panels from `panel` on, in both directions unless they
  // are among these themselves.
  void compare_block(std::size_t first, std::size_t count, std::size_t panel, std::size_t panels);
  // Keeps those rows of a block that may be among the nearest of row `own`, and this row for those of the block that
  // it may be near to.
  void keep_for_own(std::size_t own, const std::int32_t* dots, std::size_t begin, std::size_t count);
  void keep_for_others(std::size_t own, const std::int32_t* dots, std::size_t begin, std::size_t count);
  void append(std::size_t own, float score, std::size_t other);
  void lower_limit(std::size_t own);
  void select_found(std::size_t own, std::size_t count);
  void offer(std::span<const std::uint32_t> rows);

  const BytePoints& points_;
  NearLists& lists_;
  std::size_t wanted_;  // of each row
  std::size_t room_;    // for what was found for each row, before its limit is lowered
  quantize::Panels panels_;
  std::vector<std::int8_t> bytes_;
  std::vector<float> squares_;
  std::vector<std::int32_t> shifts_;  // of each row: what its products with flipped bytes have too much
  // Of each row: minus the score that others must not exceed, and what was found for it, places in the leaf.
  std::vector<float> minus_limits_, scores_;
  std::vector<std::uint32_t> places_, counts_;
  std::vector<std::int32_t> dots_;
  std::vector<std::uint32_t> hits_;
  std::vector<float> bounds_;
  std::vector<Scored> found_;
};

}  // namespace nearabout::neighbors
