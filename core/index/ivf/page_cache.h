// Rows that lie on disk and not in memory, asked for before they are needed.
//
// To touch a row that is not in memory takes a tenth of a millisecond and more, one after the other. So all that a
// group of queries will compare is asked for at once, in the order in which it lies, and the system reads it side by
// side. Asking costs about half a microsecond a row even where it is in memory: whether it pays is seen by how long the
// rows before took.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "storage/section.h"

namespace nearabout {

// Whether rows of an index are cold, as its searches find; shared by them. To begin with those of a file are.
class PageCacheMonitor {
 public:
  explicit PageCacheMonitor(bool mapped) : mapped_(mapped), cold_(mapped) {}

  bool cold() const { return cold_.load(std::memory_order_relaxed); }
  bool is_enabled() const { return mapped_; }
  // What comparing some rows took, in all.
  void observe(std::chrono::steady_clock::duration spent, std::size_t rows);

 private:
  bool mapped_;
  std::atomic<bool> cold_;
};

// Sorts `rows` and asks for them.
void read_ahead(const storage::Section& table, std::vector<std::uint32_t>& rows);

}  // namespace nearabout
