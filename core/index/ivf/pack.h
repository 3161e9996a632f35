// Packs lists for the file: rows in the order of lists, as blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/monitor.h"
#include "index/calibration/residuals.h"
#include "index/ivf/encode.h"
#include "quantize/code_terms.h"

namespace nearabout::ivf {

// A list ready to be written, and to be scanned.
struct PackedList {
  std::size_t list;
  quantize::TermSteps steps;
  calibration::ResidualSummary residuals;
  std::vector<std::uint8_t> blocks;
  // For each place: the row's number in the input and the other numbers that LearntLists::list_columns() counts; kNoRow
  // at the end of a partly filled last block.
  std::vector<std::uint32_t> rows;
  std::size_t count;
};
inline constexpr std::uint32_t kNoRow = 0xFFFF'FFFFu;

// Returns how many rows each list has.
std::vector<std::uint32_t> list_sizes(const EncodedRows& encoded, std::size_t lists);

// Packs the lists, in order, several at a time, and passes them to `take`. Holds the rows of some lists at once, within
// `memory` bytes if possible (0: a convenient amount); with less memory it takes more passes over all rows.
void pack_lists(const EncodedRows& encoded, const LearntLists& learnt, const std::vector<std::uint32_t>& sizes,
                std::size_t memory, std::size_t threads,
                const std::function<void(const std::vector<PackedList>&)>& take, const Monitor& monitor);

}  // namespace nearabout::ivf
