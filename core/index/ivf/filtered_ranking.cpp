// How many lists a query probes with a filter (filtered_budget.h). Lists without allowed rows are not ranked.
#include <algorithm>
#include <cmath>

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
  std::size_t rows = 0;
  for (const RankedList& ranked : ranked_) rows += layout_.lists.sizes[ranked.list];
  const auto allowed = static_cast<double>(std::max<std::size_t>(1, allowed_in_ranked()));
  const double fraction = std::min(1.0, allowed / static_cast<double>(std::max<std::size_t>(1, rows)));
  const std::size_t effort = filtered.probes.at(fraction);
  if (effort == 0) return ranked_.clear();
  if (allowance_.k > 0) {
    const auto neighbours = static_cast<std::size_t>(std::ceil(static_cast<double>(allowance_.k) / fraction));
    misses = fraction * layout_.guard.limit(neighbours, effort, allowance_.recall);
  }
  const std::size_t needed = probes_of(first, i, effort);
  if (needed > probes)
    rank_lists(first, i, needed);
  else
    keep_nearest_ranked(needed, progress_[first + i].beyond);
}

// Keeps the nearest of the ranked lists; the others are the next ones to probe.
void ListScan::keep_nearest_ranked(std::size_t count, std::vector<RankedList>& beyond) {
  if (count >= ranked_.size()) return;
  const auto end = ranked_.begin() + static_cast<std::ptrdiff_t>(count);
  // The nearest one is first already.
  if (count > 1)
    std::nth_element(ranked_.begin() + 1, end - 1, ranked_.end(),
                     [](const RankedList& a, const RankedList& b) { return a.distance < b.distance; });
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

}  // namespace nearabout::ivf
