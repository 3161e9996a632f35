// Guarded queries: those that have probably missed neighbours probe more lists, a few at a time.
//
// A query stops after a round if it expects no more misses than usual (guard.h), or if a round that probed half as many
// lists again found hardly anything new (several such rounds, if the query is far from typical): the estimate is then
// too pessimistic for this query. This second rule is not applied to a strange query. A query that would cost more than
// a fraction of comparing every row is compared with every row.
#include <algorithm>
#include <cmath>

#include "index/ivf/costs.h"
#include "index/ivf/scan.h"

namespace nearabout::ivf {
namespace {

using calibration::Guard;

constexpr std::size_t kOutlierDepth = 3;  // multiple of the usual depth for such a query
constexpr std::size_t kAlwaysSeen = 20;   // least number of neighbours by which a round is judged

}  // namespace

void ListScan::extend() {
  if (allowance_.k == 0) return;
  order_.clear();
  for (std::size_t query = 0; query < queries_.count(); ++query)
    if (!progress_[query].done) look(query, true);
  lists_scanned_ += order_.size();
  scan_in_order();
  for (;;) {
    order_.clear();
    for (std::size_t query = 0; query < queries_.count(); ++query)
      if (!progress_[query].done) choose_more(query);
    if (order_.empty()) return;
    lists_scanned_ += order_.size();
    scan_in_order();
    for (std::size_t query = 0; query < queries_.count(); ++query)
      if (!progress_[query].done) look(query, false);
  }
}

// Returns true if scanning this many rows in this many lists, and comparing to the query's depth, costs too much.
bool ListScan::costs_too_much(const Progress& progress, std::size_t rows, std::size_t lists) const {
  if (allowance_.k == 0) return false;  // there is nothing better
  const PartCosts& parts = costs_of(*layout_.tuning.family).batch;
  const double scanning =
      static_cast<double>(rows) * parts.scan(layout_.shape(), parts.sharing) + static_cast<double>(lists) * parts.list;
  const double comparing =
      static_cast<double>(std::min(progress.depth, rows)) * parts.compare_row(layout_.compared_bytes());
  return scanning + comparing > progress.most_spent * allowance_.every_row_cost;
}

void ListScan::give_up(Progress& progress) { progress.every_row = progress.done = true; }

// Returns the query's `k` smallest estimates so far or slightly more, in any order, and sets `threshold`, which none of
// them exceeds.
std::span<const float> ListScan::least_estimates(std::size_t query, std::size_t k, float& threshold) {
  const kernels::CodeScan& scan = scans_[query];
  some_estimates_.assign(scan.estimates, scan.estimates + scan.found);
  some_estimates_.resize(scan.found + 16);
  some_numbers_.resize(scan.found + 16);
  return {some_estimates_.data(),
          kernels::table().codes.keep_least(some_estimates_.data(), some_numbers_.data(), scan.found, k, &threshold)};
}

float ListScan::threshold_of(std::size_t query, std::size_t k) {
  const kernels::CodeScan& scan = scans_[query];
  if (scan.found < k) return std::numeric_limits<float>::infinity();
  if (k == 1) return *std::min_element(scan.estimates, scan.estimates + scan.found);
  float threshold = 0;
  least_estimates(query, k, threshold);
  return threshold;
}

// Decides whether a query is done.
void ListScan::look(std::size_t query, bool first) {
  Progress& progress = progress_[query];
  if (!first) progress.quiet = found_little_new(query) ? progress.quiet + 1 : 0;
  if (!progress.strange && !first && progress.quiet >= progress.quiet_wanted) {
    progress.done = true;
    return;
  }
  if (!first) refill(query);
  thin(query);
  const float threshold = threshold_of(query, allowance_.k);
  const double misses =
      calibration::expected_rows(residuals(), layout_.guard.lambda, progress.beyond, threshold, queries_[query].square);
  progress.done = !(misses > progress.limit) || progress.beyond.empty();
  progress.quiet_wanted = Guard::quiet_rounds(misses, progress.limit);
  progress.most_spent = Guard::most_spent(progress.strange, first, misses, progress.limit);
  if (first && misses > Guard::kFarFromTypical * progress.limit) start_anew(query);
}

// Restarts a query with a greater depth, because its depth was measured with queries unlike it: scans its lists again,
// for more rows.
void ListScan::start_anew(std::size_t query) {
  Progress& progress = progress_[query];
  progress.out_of_distribution = true;
  if (progress.done || layout_.distance_source == index::DistanceSource::codes_alone) return;
  progress.depth = std::min(max_depth_, kOutlierDepth * progress.depth);
  if (costs_too_much(progress, progress.rows, progress.probes)) return give_up(progress);
  scans_[query].found = 0;
  scans_[query].threshold = std::numeric_limits<float>::infinity();
  for (std::size_t probe = first_probes_[query]; probe < first_probes_[query + 1]; ++probe)
    order_.push_back(probes_[probe]);
}

// Returns true if the last round put hardly any new rows among the nearest, judged by their estimates.
bool ListScan::found_little_new(std::size_t query) {
  std::vector<float>& before = progress_[query].nearest;
  const std::size_t judged = before.size();
  if (judged < std::max(allowance_.k, kAlwaysSeen)) return false;
  const float threshold = threshold_of(query, judged);
  const auto stayed = std::count_if(before.begin(), before.end(), [=](float score) { return score <= threshold; });
  return Guard::is_little(judged - static_cast<std::size_t>(stayed), judged, allowance_.recall);
}

// Chooses the lists expected to have most of the missed neighbours, half as many as were probed; fewer if that leaves
// few enough misses.
void ListScan::choose_more(std::size_t query) {
  Progress& progress = progress_[query];
  const std::size_t judged = std::min(std::max(allowance_.k, kAlwaysSeen), scans_[query].found);
  float threshold = 0;
  const std::span<const float> nearest = least_estimates(query, judged, threshold);
  progress.nearest.assign(nearest.begin(), nearest.end());
  const std::size_t wanted = std::min(progress.beyond.size(), std::max<std::size_t>(2, progress.probes / 2));
  probe_more(query, wanted);
}

// Probes the nearest `wanted` of the lists beyond, unless that costs too much.
void ListScan::probe_more(std::size_t query, std::size_t wanted) {
  Progress& progress = progress_[query];
  const auto end = progress.beyond.begin() + static_cast<std::ptrdiff_t>(wanted);
  std::nth_element(progress.beyond.begin(), end - 1, progress.beyond.end(), calibration::is_nearer);
  std::size_t rows = 0;
  for (auto list = progress.beyond.begin(); list != end; ++list) rows += layout_.lists.sizes[list->list];
  if (costs_too_much(progress, progress.rows + rows, progress.probes + wanted)) return give_up(progress);
  for (auto list = progress.beyond.begin(); list != end; ++list) {
    progress.added.push_back({list->list, static_cast<std::uint32_t>(query), list->distance});
    order_.push_back(progress.added.back());
  }
  progress.rows += rows;
  progress.probes += wanted;
  progress.beyond.erase(progress.beyond.begin(), end);
  if (layout_.distance_source != index::DistanceSource::codes_alone)
    progress.depth = std::clamp(layout_.curves.depth(progress.probes, std::max(allowance_.k, allowance_.filtered.k)) *
                                    (progress.out_of_distribution ? kOutlierDepth : 1),
                                progress.depth, max_depth_);
}

// Ranks lists again if few of the ranked ones are left.
void ListScan::refill(std::size_t query) {
  Progress& progress = progress_[query];
  const std::size_t wanted = calibration::lists_beyond(progress.probes);
  if (2 * progress.beyond.size() >= wanted || progress.probes + progress.beyond.size() >= list_count()) return;
  rank_more(query, progress.probes + wanted);
}

// Ranks twice as many lists as are wanted; those that the query has not probed are the lists beyond.
void ListScan::rank_more(std::size_t query, std::size_t wanted) {
  Progress& progress = progress_[query];
  const std::size_t first = query / kernels::kPanelQueries * kernels::kPanelQueries;
  ranking_.compare(queries_, first, std::min(kernels::kPanelQueries, queries_.count() - first));
  ranking_.nearest(queries_, query - first, std::min(list_count(), 2 * wanted), ranked_);
  std::vector<bool> seen(layout_.list_count(), false);
  for (std::size_t probe = first_probes_[query]; probe < first_probes_[query + 1]; ++probe)
    seen[probes_[probe].list] = true;
  for (const Probe& probe : progress.added) seen[probe.list] = true;
  progress.beyond.clear();
  for (const calibration::RankedList& ranked : ranked_)
    if (!seen[ranked.list]) progress.beyond.push_back(ranked);
}

}  // namespace nearabout::ivf
