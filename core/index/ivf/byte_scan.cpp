#include "index/ivf/byte_scan.h"

#include <algorithm>

#include "base/threads.h"
#include "index/queries.h"

namespace nearabout::ivf {
namespace {

constexpr std::size_t kQueriesPerPass = 32;  // queries for which rows are read once
constexpr std::size_t kRowsPerPass = 256;

}  // namespace

void scan_bytes(const IvfLayout& layout, MatrixView queries, const index::Request& request, index::Results& results) {
  const std::size_t rows = layout.row_count();
  const std::size_t dims = layout.descriptor.dims;
  const IvfByteRows& stored = layout.byte_rows;
  const float radius = index::radius_of(request);
  const MatrixView codes = stored.codes->matrix();
  const auto scan = [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<metric::BoundQuery> bound;
    std::vector<quantize::BoundByteQuery> byte_queries;
    std::vector<TopK> best;
    const std::vector<float> vectors = index::to_float32(queries, begin, end);
    for (std::size_t i = begin; i < end; ++i) {
      bound.push_back(index::bind_query(queries, i, layout.descriptor));
      byte_queries.emplace_back(stored.steps, layout.transform, vectors.data() + (i - begin) * dims);
      best.emplace_back(request.k, index::rdist_within(bound.back(), radius));
    }
    double rdists[kRowsPerPass];
    for (std::size_t first = 0; first < rows; first += kRowsPerPass) {
      const std::size_t count = std::min(kRowsPerPass, rows - first);
      stored.codes->check_rows(first, first + count);
      const float* const squares = stored.squares ? stored.squares->items<float>(first, count).data() : nullptr;
      for (std::size_t i = 0; i < best.size(); ++i) {
        byte_queries[i].rdists({codes.row(first), codes.stride, nullptr, count}, squares, rdists);
        for (std::size_t r = 0; r < count; ++r) best[i].push(rdists[r], static_cast<std::uint32_t>(first + r));
      }
    }
    for (std::size_t i = begin; i < end; ++i) {
      index::write_result(bound[i - begin], best[i - begin], request, results, i);
      results.set_effort(i, static_cast<std::int64_t>(layout.list_count()));
    }
  };
  const std::size_t threads = thread_count(request.threads);
  const std::size_t grain = std::clamp<std::size_t>((queries.rows + threads - 1) / threads, 1, kQueriesPerPass);
  stored.codes->advise(storage::system::Access::in_order);
  parallel_for(queries.rows, grain, threads, scan, request.monitor);
  stored.codes->advise(storage::system::Access::anywhere);
}

}  // namespace nearabout::ivf
