// The threads and the memory that a build may use.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace nearabout::index {

struct BuildOptions {
  std::size_t threads = 1;
  std::size_t memory = 0;  // bytes that the build may hold besides the keys; 0: no limit
  std::string path = {};   // of the index, in whose folder scratch files may be made; empty: in memory

  // Divides a budget among threads. A thread holds blocks of rows as read, as converted and as coded, about 1 MiB each.
  // The index does not depend on the number of threads.
  static BuildOptions within(std::size_t memory, std::size_t threads, std::string path = {}) {
    constexpr std::size_t kBytesPerThread = std::size_t{8} << 20;
    const std::size_t most = memory == 0 ? threads : std::max<std::size_t>(1, memory / kBytesPerThread);
    return {std::min(threads, most), memory, std::move(path)};
  }
};

}  // namespace nearabout::index
