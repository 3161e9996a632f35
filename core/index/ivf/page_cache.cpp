#include "index/ivf/page_cache.h"

#include <algorithm>

namespace nearabout::ivf {
namespace {

// Time per row above which rows are cold. Rows in memory take a tenth of this, those on disk ten times as long: a few
// cold ones among many are enough.
constexpr std::chrono::nanoseconds kCold{3'000};

}  // namespace

void PageCacheMonitor::observe(std::chrono::steady_clock::duration used, std::size_t rows) {
  const bool now = used > kCold * rows;
  if (rows > 0 && now != cold()) cold_.store(now, std::memory_order_relaxed);
}

void read_ahead(const storage::Section& table, std::vector<std::uint32_t>& rows) {
  std::sort(rows.begin(), rows.end());
  const std::uint64_t stride = table.length() / std::max<std::uint64_t>(1, table.shape().rows);
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    // Adjacent rows of the file are requested by one call.
    for (end = begin + 1; end < rows.size() && rows[end] - rows[end - 1] <= 1;) ++end;
    table.will_need(rows[begin] * stride, (rows[end - 1] + std::uint64_t{1}) * stride);
  }
}

}  // namespace nearabout::ivf
