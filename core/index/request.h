// What a search is asked, and what it answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/monitor.h"

namespace nearabout {

struct SearchStats;  // search_stats.h

struct Request {
  std::size_t k = 10;                 // clamped to the number of rows
  std::optional<double> radius = {};  // nothing further away than this
  std::size_t threads = 1;            // 0: all cores; fewer are used where the work is too small to share
  Monitor monitor = {};
  bool exact = false;  // true neighbours, whatever the kind
  // How much an approximate kind may look at: obeyed as it is. Nothing: what `recall` takes.
  std::optional<std::size_t> effort = {};
  std::optional<double> recall = {};  // to aim at; nothing: the calibration's target
  SearchStats* stats = nullptr;       // what the search does is added here, by kinds that keep count
};

inline constexpr std::int64_t kEveryRow = -1;  // the effort of a search that compared every row

// Neighbours of one query, nearest first, ties by row.
struct SearchResult {
  std::vector<std::uint32_t> rows;
  std::vector<float> distances;
  std::int64_t effort = kEveryRow;   // spent on this query
  bool out_of_distribution = false;  // whether its search went unlike those that calibration saw
};

// What a search may spend on each query.
struct Budget {
  std::size_t effort = 0;
  bool every_row = false;  // compare every row
  bool guarded = false;    // spend more on queries whose search goes unlike those that calibration saw
  double recall = 0;       // where it is guarded: the recall to keep
};

}  // namespace nearabout
