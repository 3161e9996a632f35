// The exact scan. Work is divided into tasks, each a group of queries against a range of rows; a task keeps its own k
// best rows, and the tasks of a query are merged, so the result does not depend on the division.
#include "index/exact/scan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "base/error.h"
#include "base/threads.h"
#include "index/exact/ascending_check.h"
#include "index/exact/matrix_scan.h"
#include "index/exact/screened_scan.h"
#include "index/queries.h"

namespace nearabout::exact {
namespace {

// More queries share the cost of packing a block; their codes still fit a cache.
constexpr std::size_t kGroupQueries = 1024;
constexpr std::size_t kSmallGroup = 32;        // smaller groups gain little from panels
constexpr double kTaskNanoseconds = 300e6;     // time between two calls of the monitor
constexpr std::size_t kCachedBytes = 262'144;  // bytes of rows compared in full, which stay in the second-level cache
// Bytes of vectors from which on it pays to tell the system how they will be read: two calls, of microseconds.
constexpr std::size_t kAdvisedBytes = std::size_t{512} << 10;

// Queries bound to the rows, and their screens.
struct Bound {
  std::vector<metric::BoundQuery> queries;
  std::vector<quantize::ScreenQuery> screens;
  std::vector<quantize::ByteBoundQuery> bytes;

  BoundQueries from(std::size_t first) const {
    return {queries.data() + first, screens.data() + first, bytes.empty() ? nullptr : bytes.data() + first};
  }
};

Bound bind(MatrixView queries, const index::Descriptor& descriptor, const Screened& rows) {
  Bound bound{index::bind_queries(queries, descriptor), {}, {}};
  if (!rows.screen) return bound;
  const std::vector<float> vectors = index::to_float32(queries, 0, queries.rows);
  bound.screens = quantize::ScreenQuery::bind(rows.screen->screen, vectors.data(), queries.rows);
  if (!rows.bytes) return bound;
  bound.bytes.resize(queries.rows);
  std::vector<float> scratch;
  for (std::size_t i = 0; i < queries.rows; ++i)
    bound.bytes[i].bind(rows.bytes->bounds, vectors.data() + i * descriptor.dims, scratch);
  return bound;
}

// Returns the nanoseconds to compare one query with one row in full.
double full_row_cost(const index::Descriptor& descriptor) {
  return 4 + 0.02 * static_cast<double>(row_bytes(descriptor.element, descriptor.dims));
}

}  // namespace

// Compares every row in full, one block at a time, so that a block is read from memory once for all queries of the
// group.
void ExactScan::scan(const ScannedRows& scanned, const metric::BoundQuery* queries, std::vector<TopK>& best,
                     std::size_t begin, std::size_t end) const {
  const MatrixView table = vectors_->matrix();
  const std::size_t step = std::clamp<std::size_t>(kCachedBytes / std::max<std::size_t>(table.stride, 1), 16, 4096);
  std::vector<double> rdists(std::min(step, end - begin));
  for (std::size_t at = begin; at < end; at += step) {
    const std::size_t count = std::min(step, end - at);
    const std::uint32_t* const list = scanned.list(at);
    AscendingCheck check(*vectors_, table.stride);
    if (list)
      for (std::size_t i = 0; i < count; ++i) (void)check.row(list[i]);
    else
      vectors_->check_rows(at, at + count);
    const kernels::Rows rows{list ? table.data : table.row(at), table.stride, list, count};
    for (std::size_t q = 0; q < best.size(); ++q) {
      queries[q].rdists(rows, rdists.data());
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t row = list ? list[i] : static_cast<std::uint32_t>(at + i);
        if (rdists[i] <= best[q].worst() && scanned.allows(row)) best[q].push(rdists[i], row);
      }
    }
  }
}

bool ExactScan::screens(std::size_t rows, std::size_t queries) const {
  const double screen = 3'000 + 6 * static_cast<double>(descriptor_.dims);  // nanoseconds of a query's codes
  const double in_full = static_cast<double>(rows) * full_row_cost(descriptor_);
  return screen_ && in_full > (queries > kFewQueries ? 1 : 2) * screen;
}

// Returns the time to compare one query with one row, in nanoseconds, to within a factor of three.
double ExactScan::pair_cost() const {
  if (screen_) return 0.2 + 0.01 * static_cast<double>(screen_->screen.contraction.outputs());
  return 1 + 0.1 * static_cast<double>(row_bytes(descriptor_.element, descriptor_.dims));
}

double ExactScan::query_cost(std::size_t k, std::size_t scanned) const {
  constexpr double kQueryCost = 3'000;  // cost of binding, in nanoseconds
  constexpr double kPassedCost = 100;   // cost of a row that passes; with rows in any order, at least k ln(n / k) pass
  const auto rows = static_cast<double>(scanned);
  if (screen_ && !screens(scanned, kGroupQueries)) return kQueryCost / 2 + rows * full_row_cost(descriptor_);
  const double passed = static_cast<double>(k) * std::log(1 + rows / static_cast<double>(std::max<std::size_t>(k, 1)));
  return kQueryCost + pair_cost() * rows + kPassedCost * std::min(passed, rows);
}

ExactScan::Cut ExactScan::cut(std::size_t queries, std::size_t rows, std::size_t threads) const {
  const double row_cost = pair_cost() * static_cast<double>(rows);
  Cut cut;
  cut.threads = worthwhile_threads(static_cast<double>(queries) * row_cost, threads);
  // Use enough groups to keep the threads busy; if there are too few queries for that, divide the rows as well.
  const double in_time = std::clamp(kTaskNanoseconds / row_cost, 1.0 * kSmallGroup, 1.0 * kGroupQueries);
  cut.group = std::clamp<std::size_t>((queries + cut.threads - 1) / cut.threads, 1, static_cast<std::size_t>(in_time));
  cut.groups = (queries + cut.group - 1) / cut.group;
  const double long_task = static_cast<double>(cut.group) * row_cost / kTaskNanoseconds;
  cut.parts =
      std::max<std::size_t>((cut.threads + cut.groups - 1) / cut.groups, static_cast<std::size_t>(long_task) + 1);
  cut.part_rows = (rows + cut.parts - 1) / cut.parts;
  return cut;
}

void ExactScan::search(MatrixView queries, const index::Request& request, index::Results& results) const {
  const ScannedRows rows(vectors_->shape().rows, request.filter);
  const Screened screened_rows{!request.filter || screens(rows.count(), queries.rows) ? screen_ : nullptr, vectors_,
                               bytes_};
  const Bound bound = bind(queries, descriptor_, screened_rows);
  const Cut cut = this->cut(queries.rows, rows.count(), request.threads);

  std::vector<std::vector<TopK>> best(cut.groups * cut.parts);
  const auto run = [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t task = begin; task < end; ++task) {
      const std::size_t first = task / cut.parts * cut.group;
      const std::size_t count = std::min(cut.group, queries.rows - first);
      for (std::size_t q = 0; q < count; ++q)
        best[task].push_back(index::top_k_of(bound.queries[first + q], request, request.k, first + q));
      const std::size_t from = std::min(task % cut.parts * cut.part_rows, rows.count());
      const std::size_t to = std::min(from + cut.part_rows, rows.count());
      const auto screened = [&]<class Scan>(std::type_identity<Scan>) {
        Scan(screened_rows, rows, bound.from(first), best[task], request.k).run(from, to);
      };
      if (screened_rows.screen && count > kFewQueries)
        screened(std::type_identity<MatrixScan>{});
      else if (screened_rows.screen)
        screened(std::type_identity<ScreenedScan>{});
      else
        scan(rows, &bound.queries[first], best[task], from, to);
    }
  };
  parallel_for(cut.groups * cut.parts, 1, cut.threads, run, request.monitor);

  for (std::size_t i = 0; i < queries.rows; ++i) {
    std::vector<TopK>* of_parts = &best[i / cut.group * cut.parts];
    TopK& whole = of_parts[0][i % cut.group];
    for (std::size_t part = 1; part < cut.parts; ++part) whole.merge(of_parts[part][i % cut.group]);
    index::write_result(bound.queries[i], whole, request, results, i);
  }
}

void ExactScan::search_in_order(MatrixView queries, const index::Request& request, index::Results& results) const {
  // With a screen, codes are read in order, and few vectors.
  if (screen_ || vectors_->length() < kAdvisedBytes) return search(queries, request, results);
  vectors_->advise(storage::system::Access::in_order);
  search(queries, request, results);
  vectors_->advise(storage::system::Access::anywhere);
}

}  // namespace nearabout::exact
