// Rows stored as one byte per dimension: compares queries with all of them, and decodes them.
#include <algorithm>
#include <limits>

#include "base/convert.h"
#include "base/error.h"
#include "base/threads.h"
#include "index/ivf/ivf.h"
#include "index/queries.h"
#include "index/stored_rows.h"
#include "storage/items.h"

namespace nearabout {
namespace {

constexpr std::size_t kQueries = 32;  // queries for which rows are read once
constexpr std::size_t kRows = 256;

}  // namespace

// Reads the rows sequentially, in file order.
void IvfIndex::scan_bytes(MatrixView queries, const Request& request, Results& results) const {
  const float radius = radius_of(request);
  const MatrixView codes = byte_codes_->matrix();
  const auto scan = [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<BoundQuery> bound;
    std::vector<BoundByteQuery> byte_queries;
    std::vector<TopK> best;
    const std::vector<float> vectors = to_float32(queries, begin, end);
    for (std::size_t i = begin; i < end; ++i) {
      bound.push_back(bind_query(queries, i, descriptor()));
      byte_queries.emplace_back(byte_steps_, transform_, vectors.data() + (i - begin) * dims());
      best.emplace_back(request.k, rdist_within(bound.back(), radius));
    }
    double rdists[kRows];
    for (std::size_t first = 0; first < rows(); first += kRows) {
      const std::size_t count = std::min(kRows, rows() - first);
      byte_codes_->check_rows(first, first + count);
      const float* const squares = byte_squares_ ? byte_squares_->items<float>(first, count).data() : nullptr;
      for (std::size_t i = 0; i < best.size(); ++i) {
        byte_queries[i].rdists({codes.row(first), codes.stride, nullptr, count}, squares, rdists);
        for (std::size_t r = 0; r < count; ++r) best[i].push(rdists[r], static_cast<std::uint32_t>(first + r));
      }
    }
    for (std::size_t i = begin; i < end; ++i) {
      write_result(bound[i - begin], best[i - begin], request, results, i);
      results.set_effort(i, static_cast<std::int64_t>(lists()));
    }
  };
  const std::size_t threads = thread_count(request.threads);
  const std::size_t grain = std::clamp<std::size_t>((queries.rows + threads - 1) / threads, 1, kQueries);
  byte_codes_->advise(storage::system::Access::in_order);
  parallel_for(queries.rows, grain, threads, scan, request.monitor);
  byte_codes_->advise(storage::system::Access::anywhere);
}

// Decodes a vector. Under cosine the result has length 1, approximately: the row's own length is not stored.
void IvfIndex::copy_vector(std::uint32_t row, std::byte* to) const {
  if (keeps_vectors()) return copy_row(*vectors_, row, row_bytes(descriptor().element, dims()), to);
  if (!byte_codes_)
    throw InvalidInputError(
        "this index keeps no vectors, only small codes of them, so the vector of a row or a key is not available; "
        "search with a vector of your own, or build the index with keep_vectors=True or refine=True");
  byte_codes_->check_rows(row, std::uint64_t{row} + 1);
  const MatrixView codes = byte_codes_->matrix();
  std::vector<double> values(dims());
  byte_steps_.decode(storage::items_of<std::int8_t>(codes.row(row)), values.data());
  const double unit =
      transform_.space() == CodeSpace::inner_product ? transform_.longest() : 1 / double{transform_.scale()};
  constexpr double kMax = std::numeric_limits<float>::max();
  std::vector<float> vector;
  for (const double value : values) vector.push_back(static_cast<float>(std::clamp(value * unit, -kMax, kMax)));
  from_f32(vector.data(), dims(), descriptor().element, to);
}

}  // namespace nearabout
