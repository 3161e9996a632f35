// Lists on their way into the file: rows in the order of lists, as blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/monitor.h"
#include "index/calibration/residuals.h"
#include "index/ivf/encode.h"

namespace nearabout {

// What the terms of a list's rows are kept on: offset = low + offset_step * u16, scale = scale_step * u16.
struct TermSteps {
  float offset_low = 0;
  float offset_step = 0;
  float scale_step = 0;
};

// A list ready to be written, and to be scanned.
struct PackedList {
  std::size_t list;
  TermSteps steps;
  ResidualSummary residuals;
  std::vector<std::uint8_t> blocks;
  // Of each place: the row's number in the input and what LearntLists::list_columns() counts besides; kNoRow where the
  // last block is not filled.
  std::vector<std::uint32_t> rows;
  std::size_t count;
};
inline constexpr std::uint32_t kNoRow = 0xFFFF'FFFFu;

// How many rows each list has.
std::vector<std::uint32_t> list_sizes(const EncodedRows& encoded, std::size_t lists);

// Packs the lists, in order, several at a time: `take` gets them. What is held at once is the rows of some lists,
// within `memory` bytes where that is possible (0: as much as is convenient); more than that takes more passes over all
// rows.
void pack_lists(const EncodedRows& encoded, const LearntLists& learnt, const std::vector<std::uint32_t>& sizes,
                std::size_t memory, std::size_t threads,
                const std::function<void(const std::vector<PackedList>&)>& take, const Monitor& monitor);

}  // namespace nearabout
