// Reads ahead rows that are on disk and not in memory.
//
// Reading a row that is not in memory takes a tenth of a millisecond and more, one after another. So all rows that a
// group of queries will compare are requested at once, in file order, and the system reads them in parallel. A request
// costs about half a microsecond per row even if the row is in memory: whether it pays is judged by how long the
// previous rows took.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "storage/section.h"

namespace nearabout::ivf {

// Tracks whether rows of an index are cold, as its searches observe; shared by them. Rows of a file start as cold.
class PageCacheMonitor {
 public:
  explicit PageCacheMonitor(bool mapped) : mapped_(mapped), cold_(mapped) {}

  bool cold() const { return cold_.load(std::memory_order_relaxed); }
  bool is_enabled() const { return mapped_; }
  // Records the total time taken to compare some rows.
  void observe(std::chrono::steady_clock::duration used, std::size_t rows);

 private:
  bool mapped_;
  std::atomic<bool> cold_;
};

// Sorts `rows` and starts reading them.
void read_ahead(const storage::Section& table, std::vector<std::uint32_t>& rows);

}  // namespace nearabout::ivf
