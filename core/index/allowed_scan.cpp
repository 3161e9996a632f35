#include "index/allowed_scan.h"

#include <algorithm>

#include "base/threads.h"
#include "base/top_k.h"
#include "index/queries.h"

namespace nearabout::index {
namespace {

constexpr std::size_t kRowsPerCopy = 256;    // rows copied at a time
constexpr std::size_t kQueriesPerCopy = 32;  // queries for which rows are copied once

}  // namespace

void scan_allowed(const Searcher& index, const std::vector<std::uint32_t>& rows, MatrixView queries,
                  const Request& request, Results& results) {
  const std::size_t bytes = row_bytes(index.descriptor().element, index.dims());
  const auto scan = [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<metric::BoundQuery> bound;
    std::vector<TopK> best;
    for (std::size_t i = begin; i < end; ++i) {
      bound.push_back(bind_query(queries, i, index.descriptor()));
      best.push_back(top_k_of(bound.back(), request, request.k, i));
    }
    std::vector<std::byte> vectors(kRowsPerCopy * bytes);
    double rdists[kRowsPerCopy];
    for (std::size_t first = 0; first < rows.size(); first += kRowsPerCopy) {
      const auto from = rows.begin() + static_cast<std::ptrdiff_t>(first);
      const std::vector<std::uint32_t> some(
          from, from + static_cast<std::ptrdiff_t>(std::min(kRowsPerCopy, rows.size() - first)));
      index.copy_vectors(some, vectors.data());
      for (std::size_t i = 0; i < best.size(); ++i) {
        bound[i].rdists({vectors.data(), bytes, nullptr, some.size()}, rdists);
        for (std::size_t r = 0; r < some.size(); ++r) best[i].push(rdists[r], some[r]);
      }
    }
    for (std::size_t i = begin; i < end; ++i) write_result(bound[i - begin], best[i - begin], request, results, i);
  };
  const std::size_t threads = thread_count(request.threads);
  const std::size_t grain = std::clamp<std::size_t>((queries.rows + threads - 1) / threads, 1, kQueriesPerCopy);
  parallel_for(queries.rows, grain, threads, scan, request.monitor);
}

}  // namespace nearabout::index
