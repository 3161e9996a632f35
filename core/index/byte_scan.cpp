#include "index/byte_scan.h"

#include <algorithm>

#include "base/threads.h"
#include "index/exact/scanned_rows.h"
#include "index/queries.h"

namespace nearabout::index {
namespace {

constexpr std::size_t kQueriesPerPass = 32;  // queries for which rows are read once
constexpr std::size_t kRowsPerPass = 256;

}  // namespace

void scan_bytes(const Descriptor& descriptor, const quantize::StoredByteRows& stored,
                const transform::MetricTransform& transform, MatrixView queries, const Request& request,
                std::size_t effort, Results& results) {
  const exact::ScannedRows scanned(descriptor.rows, request.filter);
  const std::size_t dims = descriptor.dims;
  const MatrixView codes = stored.codes->matrix();
  const auto scan = [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<metric::BoundQuery> bound;
    std::vector<quantize::BoundByteQuery> byte_queries;
    std::vector<TopK> best;
    const std::vector<float> vectors = to_float32(queries, begin, end);
    for (std::size_t i = begin; i < end; ++i) {
      bound.push_back(bind_query(queries, i, descriptor));
      byte_queries.emplace_back(stored.steps, transform, vectors.data() + (i - begin) * dims);
      best.push_back(top_k_of(bound.back(), request, request.k, i));
    }
    double rdists[kRowsPerPass];
    float squares[kRowsPerPass] = {};
    for (std::size_t first = 0; first < scanned.count(); first += kRowsPerPass) {
      const std::size_t count = std::min(kRowsPerPass, scanned.count() - first);
      const std::uint32_t* const list = scanned.list(first);
      const auto row_at = [&](std::size_t place) {
        return list ? list[place] : static_cast<std::uint32_t>(first + place);
      };
      for (std::size_t place = 0; place < count; ++place) {
        const std::uint32_t row = row_at(place);
        stored.codes->check_rows(row, std::uint64_t{row} + 1);
        if (stored.squares) squares[place] = stored.squares->items<float>(row, 1)[0];
      }
      const kernels::Rows rows{list ? codes.data : codes.row(first), codes.stride, list, count};
      for (std::size_t i = 0; i < best.size(); ++i) {
        byte_queries[i].rdists(rows, stored.squares ? squares : nullptr, rdists);
        for (std::size_t place = 0; place < count; ++place)
          if (scanned.allows(row_at(place))) best[i].push(rdists[place], row_at(place));
      }
    }
    for (std::size_t i = begin; i < end; ++i) {
      write_result(bound[i - begin], best[i - begin], request, results, i);
      results.set_effort(i, static_cast<std::int64_t>(effort));
    }
  };
  const std::size_t threads = thread_count(request.threads);
  const std::size_t grain = std::clamp<std::size_t>((queries.rows + threads - 1) / threads, 1, kQueriesPerPass);
  stored.codes->advise(storage::system::Access::in_order);
  parallel_for(queries.rows, grain, threads, scan, request.monitor);
  stored.codes->advise(storage::system::Access::anywhere);
}

}  // namespace nearabout::index
