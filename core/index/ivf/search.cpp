// Searches lists of codes, a group of queries at a time.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "index/byte_scan.h"
#include "index/grouped_search.h"
#include "index/ivf/costs.h"
#include "index/ivf/ivf.h"
#include "index/ivf/list_filter.h"
#include "index/ivf/searches.h"
#include "index/queries.h"
#include "kernels/kernels.h"

namespace nearabout::ivf {
namespace {

// Queries that go through the lists together. With many lists, few of 128 queries probe the same one.
constexpr std::size_t kQueryGroup = 128;
constexpr std::size_t kLargestGroup = 512;
constexpr std::size_t kListsPerQuery = 8;
constexpr double kListQueryNanoseconds = 3'000;                // approximate
constexpr std::size_t kMaxWaitingRows = std::size_t{4} << 20;  // waiting rows of a group

// Returns true if comparing the bytes of the allowed rows is cheaper than scanning so many lists.
bool bytes_are_cheaper(const IvfLayout& layout, std::size_t allowed, std::size_t lists) {
  const double scanned =
      static_cast<double>(lists) * static_cast<double>(layout.row_count()) / static_cast<double>(layout.list_count());
  const PartCosts& parts = costs_of(*layout.tuning.family).batch;
  return static_cast<double>(allowed) * parts.compare_row(layout.compared_bytes()) <
         scanned * parts.scan(layout.shape(), parts.sharing);
}

// Adds all rows, at the query's own distance from the centre, for a query so far away that floats cannot hold
// estimates.
void add_unestimated(const IvfLayout& layout, MatrixView queries, const index::Request& request,
                     index::Results& results) {
  const std::size_t rows = layout.row_count();
  const std::size_t k = request.k;
  EstimateUnits units(layout.transform, layout.directions.centre);
  for (std::size_t i = 0; i < queries.rows; ++i) {
    const std::size_t found = results.count(i);
    if (found >= k) continue;
    units.bind(queries, i);
    const double distance = index::bind_query(queries, i, layout.descriptor).distance(units.rdist(0));
    const float least = found == 0 ? std::numeric_limits<float>::lowest() : results.distance(i, found - 1);
    constexpr double kMaxFloat = std::numeric_limits<float>::max();
    const float reported = std::max(least, static_cast<float>(std::min(distance, kMaxFloat)));
    std::vector<bool> seen(rows, false);
    for (std::size_t place = 0; place < found; ++place) seen[results.row(i, place)] = true;
    for (const std::uint32_t row : index::excluded_of(request, i)) seen[row] = true;
    for (std::uint32_t row = 0; row < rows && results.count(i) < k; ++row)
      if (!seen[row] && (!request.filter || request.filter->allows(row))) results.append(i, row, reported);
  }
}

}  // namespace

// Returns the probes of the first point of the curve for ten neighbours that finds 95 % of them, or of the last point
// if vectors are not compared; more neighbours are in more lists.
std::size_t IvfIndex::fallback_effort(std::size_t k) const {
  const std::vector<CurvePoint>& points = layout_->curves.points[1];
  const auto enough = std::find_if(points.begin(), points.end(),
                                   [](const CurvePoint& p) { return p.recall >= calibration::kDefaultRecall; });
  double probes = static_cast<double>(layout_->list_count());
  if (enough != points.end())
    probes = enough->probes;
  else if (layout_->distance_source != index::DistanceSource::vectors && !points.empty())
    probes = points.back().probes;
  const double wider = std::sqrt(std::max(1.0, static_cast<double>(k) / 10));
  return static_cast<std::size_t>(std::max(1.0, std::ceil(probes * wider)));
}

std::unique_ptr<const index::KindFilter> IvfIndex::derive_filter(const index::RowFilter& filter) const {
  return std::make_unique<const ListFilter>(*layout_, filter);
}

void IvfIndex::do_search(MatrixView queries, const index::Request& request, const index::Budget& budget,
                         index::Results& results) const {
  const IvfLayout& layout = *layout_;
  if (budget.every_row) return scan_->search_in_order(queries, request, results);
  const std::size_t wanted = std::max<std::size_t>(1, budget.effort);
  const bool everything = wanted >= layout.list_count();
  const std::size_t effort = std::min(wanted, layout.list_count());
  const bool few_allowed = request.filter && bytes_are_cheaper(layout, request.filter->count(), effort);
  if ((everything || few_allowed) && layout.distance_source == index::DistanceSource::int8)
    return index::scan_bytes(descriptor(), layout.byte_rows, layout.transform, queries, request, layout.list_count(),
                             results);
  const std::size_t k = request.k + index::most_excluded(request);
  // Any number of rows may be within a radius.
  IvfBudget allowance{effort, layout.curves.depth(effort, request.radius ? 10 : k)};
  if (layout.distance_source == index::DistanceSource::codes_alone) allowance.depth = k;
  if (request.radius) allowance.depth = rows();
  if (budget.guarded && !layout.guard.limits.empty() && layout.distance_source == index::DistanceSource::vectors) {
    allowance.k = k;
    allowance.misses = layout.guard.limit(k, effort, budget.recall);
    allowance.recall = budget.recall;
    allowance.every_row_cost = exact_cost(request.k, request.filter ? request.filter->count() : rows());
  }
  if (request.filter) {
    const auto& filter = static_cast<const ListFilter&>(*request.filter->of_kind());
    const double allowed = static_cast<double>(request.filter->count());
    allowance.filtered = {&filter,
                          allowed / static_cast<double>(rows()),
                          allowed / static_cast<double>(layout.list_count()),
                          k,
                          request.filter->count(),
                          {}};
    if (!everything) allowance.filtered.probes = filtered_efforts(request);
  }
  allowance.depth = std::min(allowance.depth, rows());
  const double work = static_cast<double>(queries.rows) * kListQueryNanoseconds;
  const std::size_t fitting = std::max<std::size_t>(1, kMaxWaitingRows / allowance.depth);
  const std::size_t together = layout.shape().has_bytes() && kernels::table().codes.shared > 1
                                   ? kTogetherByBytes
                                   : std::clamp(layout.list_count() / kListsPerQuery, kQueryGroup, kLargestGroup);
  index::search_in_groups(
      {queries.rows, work, std::min(together, fitting)}, *searches_, request,
      [this] { return std::make_unique<IvfSearch>(*layout_, *page_cache_); },
      [&](IvfSearch& search, std::size_t begin, std::size_t end, index::SearchStats* stats) {
        search.run({queries, begin, end}, allowance, request, stats, results);
      });
  // Small lists may have fewer than k rows.
  if (!request.radius && !everything) retry_short_results(queries, request, 4 * wanted, results);
  if (!request.radius && everything) add_unestimated(layout, queries, request, results);
}

}  // namespace nearabout::ivf
