// Searches a graph, a group of queries at a time.
#include <algorithm>

#include "index/byte_scan.h"
#include "index/excluded_rows.h"
#include "index/graph/costs.h"
#include "index/graph/graph.h"
#include "index/grouped_search.h"
#include "index/queries.h"

namespace nearabout::graph {
namespace {

constexpr std::size_t kQueriesBoundTogether = 64;  // queries whose projections are computed together
// Returns how many of the nodes that a walk was at are compared in full. Estimates are rough, so these are more than
// the neighbours wanted; a wider walk serves a higher recall, which needs more.
std::size_t depth_of(std::size_t width, std::size_t k) { return k + width / 2; }

}  // namespace

std::size_t GraphIndex::fallback_effort(std::size_t k) const {
  constexpr std::size_t kFallbackWidth = 64, kWidthPerNeighbour = 2;
  return std::clamp(std::max(kFallbackWidth, kWidthPerNeighbour * k), effort().min, effort().max);
}

double GraphIndex::query_cost(std::size_t k, std::size_t effort) const {
  const std::size_t width = std::max(effort, least_effort(k));
  const auto steps = static_cast<double>(width);
  const auto bytes = static_cast<double>(layout_.vectors ? row_bytes(descriptor().element, dims()) : dims());
  return kWalkedQueryCost + walk_cost(layout_.format, steps, steps * kFetchedPerStep) +
         static_cast<double>(depth_of(width, k)) * (kComparedCost + kComparedByteCost * bytes);
}

// One query takes some three times as long as one of a batch: the geometric mean weighs a percentage of either the
// same.
double GraphIndex::exact_cost(std::size_t k, std::size_t rows) const {
  constexpr double kBothWorkloads = 1.7;
  if (scan_) return kBothWorkloads * scan_->query_cost(k, rows);
  return kWalkedQueryCost + static_cast<double>(rows) * (kScannedCost + kScannedByteCost * static_cast<double>(dims()));
}

std::unique_ptr<const index::KindFilter> GraphIndex::derive_filter(const index::RowFilter&) const {
  return std::make_unique<const index::RowOrderFilter>();
}

void GraphIndex::do_search(MatrixView queries, const index::Request& request, const index::Budget& budget,
                           index::Results& results) const {
  if (budget.every_row) return scan_->search_in_order(queries, request, results);
  // Any number of rows may be within a radius.
  const std::size_t k = (request.radius ? 0 : request.k) + index::most_excluded(request);
  const std::size_t width = std::max<std::size_t>(budget.effort, least_effort(k));
  if (!scan_ && (width >= effort().max || request.filter)) {
    // What codes find among some of the rows, calibration did not measure.
    for (std::size_t i = 0; request.filter && i < queries.rows; ++i) results.set_sought(i, 0);
    return index::scan_bytes(descriptor(), layout_.byte_rows, layout_.transform, queries, request, effort().max,
                             results);
  }
  const GraphBudget allowance{width, request.radius ? layout_.node_count() : depth_of(width, k), budget.guarded};
  const double work = static_cast<double>(queries.rows) * query_cost(k, width);
  index::search_in_groups(
      {queries.rows, work, kQueriesBoundTogether}, searches_, request,
      [this] { return std::make_unique<GraphSearch>(layout_); },
      [&](GraphSearch& search, std::size_t begin, std::size_t end, index::SearchStats* stats) {
        search.run(queries, begin, end, allowance, request, stats, results);
      });
}

}  // namespace nearabout::graph
