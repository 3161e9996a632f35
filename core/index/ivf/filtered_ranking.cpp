// How many lists a query probes with a filter (filtered_budget.h). Lists without allowed rows are not ranked.
#include <algorithm>
#include <cmath>
#include <limits>

#include "index/ivf/scan.h"

namespace nearabout::ivf {

using calibration::RankedList;

// Returns how many rows of the ranked lists are allowed.
std::size_t ListScan::allowed_in_ranked() const {
  std::size_t allowed = 0;
  for (const RankedList& ranked : ranked_) allowed += allowance_.filtered.filter->allowed_in(ranked.list);
  return allowed;
}

// Judges by the lists that would be probed if the rows near the query were allowed as often as all are. Sets the limit
// of expected misses of query `first + i`: what those of calibration stayed below with as many neighbours among all
// rows, times the fraction that is allowed.
void ListScan::rank_for_recall(std::size_t first, std::size_t i, double& misses) {
  const FilteredBudget& filtered = allowance_.filtered;
  const std::size_t usual = filtered.probes.at(filtered.fraction);
  const std::size_t probes = probes_of(first, i, usual > 0 ? usual : filtered.probes.at(1));
  rank_lists(first, i, probes);
  const std::size_t skipped = ranked_.empty() ? 0 : ranking_.rows_skipped(queries_, i, ranked_[0].distance);
  progress_[first + i].skipped = skipped;
  progress_[first + i].neighbours = 0;
  std::size_t rows = index::is_skipped_by_chance(skipped, filtered.fraction) ? skipped : 0;
  for (const RankedList& ranked : ranked_) rows += layout_.lists.sizes[ranked.list];
  const auto allowed = static_cast<double>(std::max<std::size_t>(1, allowed_in_ranked()));
  const double fraction = std::min(1.0, allowed / static_cast<double>(std::max<std::size_t>(1, rows)));
  const std::size_t effort = filtered.probes.at(fraction);
  if (effort == 0) return ranked_.clear();
  progress_[first + i].effort = effort;
  progress_[first + i].fraction = fraction;
  if (allowance_.k > 0) misses = layout_.guard.limit_among(fraction, allowance_.k, effort, allowance_.recall);
  const std::size_t needed = probes_of(first, i, effort);
  if (needed > probes)
    rank_lists(first, i, needed);
  else
    keep_nearest_ranked(needed, progress_[first + i].beyond);
  // Among fewer allowed rows than this, nobody could tell whether the rows that the filter left out are nearer.
  const std::size_t enough = std::min(index::allowed_rows_for(1, fraction, filtered.k), filtered.count);
  for (std::size_t more = needed; more < filtered.filter->lists() && allowed_in_ranked() < enough;) {
    more = std::min(2 * more, filtered.filter->lists());
    rank_lists(first, i, more);
  }
}

// Keeps the nearest of the ranked lists; the others are the next ones to probe.
void ListScan::keep_nearest_ranked(std::size_t count, std::vector<RankedList>& beyond) {
  if (count >= ranked_.size()) return;
  const auto end = ranked_.begin() + static_cast<std::ptrdiff_t>(count);
  // The nearest one is first already.
  if (count > 1) std::nth_element(ranked_.begin() + 1, end - 1, ranked_.end(), calibration::is_nearer);
  if (allowance_.k > 0) beyond.insert(beyond.end(), end, ranked_.end());
  ranked_.erase(end, ranked_.end());
}

void ListScan::rank_for_effort(std::size_t first, std::size_t i) {
  const FilteredBudget& filtered = allowance_.filtered;
  std::size_t probes = probes_of(first, i, allowance_.probes);
  const double wanted = static_cast<double>(probes) * filtered.mean_allowed;
  for (;;) {
    ranking_.nearest(queries_, i, probes, ranked_);
    const auto allowed = static_cast<double>(allowed_in_ranked());
    constexpr double kEnough = 0.95;
    if (allowed >= kEnough * wanted || probes >= filtered.filter->lists()) return;
    const double more = static_cast<double>(probes) * std::clamp(wanted / std::max(allowed, 1.0), 1.1, 4.0);
    probes = std::min(filtered.filter->lists(), static_cast<std::size_t>(more) + 1);
  }
}

// A filter may leave out the very rows that are nearest to a query, and allow others in the same lists: what a user has
// seen, or was shown on the pages before. So the neighbours found so far are compared with the rows that were left out.
// If many of those are nearer, the query's neighbours are that much farther down than its lists say.
void ListScan::widen() {
  if (!allowance_.filtered.probes) return;
  constexpr int kWideningRounds = 4;
  for (int round = 0; round < kWideningRounds; ++round) {
    order_.clear();
    for (std::size_t query = 0; query < queries_.count(); ++query)
      if (!progress_[query].done) widen_query(query);
    if (order_.empty()) return;
    lists_scanned_ += order_.size();
    scan_in_order();
  }
}

// Returns how many of the rows that a query's filter left out have estimates within a threshold.
std::size_t ListScan::left_out_within(std::size_t query, float threshold) const {
  const kernels::CodeScan& scan = scans_[query];
  const auto within = std::count_if(scan.left_out, scan.left_out + scan.left_out_found,
                                    [=](float estimate) { return estimate <= threshold; });
  return progress_[query].left_out + static_cast<std::size_t>(within);
}

// Returns how many rows, allowed or not, are as near as the last of the neighbours found so far.
std::size_t ListScan::rank_of_last(std::size_t query) {
  const std::size_t k = allowance_.filtered.k;
  return k + progress_[query].skipped + left_out_within(query, threshold_of(query, k));
}

bool ListScan::is_farther_down(std::size_t query, std::size_t nearer_left_out) const {
  const Progress& progress = progress_[query];
  const std::size_t k = allowance_.filtered.k;
  const std::size_t rank = k + progress.skipped + progress.left_out + nearer_left_out;
  return index::is_farther_down(rank, k, progress.fraction) && 4 * rank > 3 * progress.neighbours;
}

// Scans a query's lists again for more rows if it kept too few: as many rows, allowed or not, are to be at least as
// near as those kept as are compared for `rank` neighbours.
void ListScan::deepen(std::size_t query, std::size_t rank) {
  Progress& progress = progress_[query];
  kernels::CodeScan& scan = scans_[query];
  if (layout_.distance_source == index::DistanceSource::codes_alone || !has_dropped(query)) return;
  const std::size_t wanted = layout_.curves.depth(progress.probes, rank);
  const std::size_t kept = scan.found + left_out_within(query, scan.threshold);
  const std::size_t deeper = std::min(max_depth_, progress.depth + wanted - std::min(wanted, kept));
  if (4 * deeper <= 5 * progress.depth) return;
  progress.depth = deeper;
  scan.found = scan.left_out_found = progress.left_out = 0;
  scan.threshold = std::numeric_limits<float>::infinity();
  for (std::size_t probe = first_probes_[query]; probe < first_probes_[query + 1]; ++probe)
    order_.push_back(probes_[probe]);
  order_.insert(order_.end(), progress.added.begin(), progress.added.end());
}

void ListScan::widen_query(std::size_t query) {
  Progress& progress = progress_[query];
  thin(query);
  const std::size_t k = allowance_.filtered.k;
  const std::size_t rank = rank_of_last(query);
  if (!index::is_farther_down(rank, k, progress.fraction)) return;
  const std::size_t neighbours = index::FilteredEfforts::neighbours_for(rank);
  const double fraction = static_cast<double>(k) / static_cast<double>(neighbours);
  const std::size_t effort = allowance_.filtered.probes.farther_down(neighbours, k);
  progress.neighbours = neighbours;
  if (effort == 0) return give_up(progress);
  deepen(query, neighbours);
  const double times = static_cast<double>(effort) / static_cast<double>(std::max<std::size_t>(1, progress.effort));
  if (times <= 1) return;
  progress.effort = effort;
  if (allowance_.k > 0)
    progress.limit = std::min(progress.limit, fraction * layout_.guard.limit(neighbours, effort, allowance_.recall));
  const auto probes = static_cast<std::size_t>(std::ceil(static_cast<double>(progress.probes) * times));
  const std::size_t more = std::min(probes, list_count()) - std::min(progress.probes, list_count());
  if (progress.beyond.size() < more) rank_more(query, progress.probes + more);
  progress.most_spent = 1;
  if (more > 0 && !progress.beyond.empty()) probe_more(query, std::min(more, progress.beyond.size()));
}

}  // namespace nearabout::ivf
