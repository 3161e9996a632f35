// Searches the queries of a batch in groups, as every kind with work spaces does: each thread takes one, and what
// searches counted is added up.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>

#include "base/threads.h"
#include "index/request.h"
#include "index/search_stats.h"
#include "index/work_spaces.h"

namespace nearabout::index {

struct GroupedQueries {
  std::size_t count = 0;
  double nanoseconds = 0;         // that all of them take, about
  std::size_t most_together = 1;  // queries of a group at most; fewer, if there is a thread for each group
};

// Calls run(space, begin, end, stats) for groups of queries, on as many threads as are worthwhile. `make` returns a new
// work space. `stats` counts the work of one call, and is null if the request counts none.
template <class Space, class Make, class Run>
void search_in_groups(const GroupedQueries& queries, WorkSpaces<Space>& spaces, const Request& request, Make make,
                      Run run) {
  const std::size_t threads = worthwhile_threads(queries.nanoseconds, request.threads);
  const std::size_t each = (queries.count + threads - 1) / threads;
  std::mutex adding;
  parallel_for(
      queries.count, std::clamp<std::size_t>(each, 1, queries.most_together), threads,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        const auto space = spaces.take(make);
        SearchStats done;
        run(*space, begin, end, request.stats ? &done : nullptr);
        if (!request.stats) return;
        const std::scoped_lock lock(adding);
        request.stats->add(done);
      },
      request.monitor);
}

}  // namespace nearabout::index
