#include "index/forest/leaf_search.h"

#include <algorithm>
#include <cmath>

#include "index/forest/costs.h"

namespace nearabout::forest {

using calibration::Guard;

std::size_t LeafSearch::rows_of(const LeafSpan& leaf) const {
  return filter_ ? filter_->allowed_in(leaf.leaf) : leaf.end - leaf.begin;
}

std::size_t LeafSearch::rows_of(const std::vector<LeafSpan>& leaves) const {
  std::size_t rows = 0;
  for (const LeafSpan& leaf : leaves) rows += rows_of(leaf);
  return rows;
}

// Sets how many rows to look at, and the limit of expected misses.
void LeafSearch::set_goal(const LeafBudget& budget) {
  filter_ = budget.filter;
  ranking_.set_filter(filter_);
  pending_.set_filter(filter_);
  wanted_ = budget.effort;
  misses_ = budget.misses;
  fraction_ = budget.fraction;
  if (budget.efforts) set_filtered_goal(budget);
}

// Judges by the leaves that would be examined without a filter.
void LeafSearch::set_filtered_goal(const LeafBudget& budget) {
  const auto usual = static_cast<double>(budget.efforts.at(1));
  double rows = 0;
  double allowed = 0;
  for (const LeafSpan& leaf : ranking_.rank(*sketch_, static_cast<std::size_t>(usual * budget.fraction) + 1, false)) {
    rows += static_cast<double>(leaf.end - leaf.begin);
    allowed += static_cast<double>(rows_of(leaf));
    if (rows >= usual) break;
  }
  skipped_ = ranking_.rows_skipped();
  if (index::is_skipped_by_chance(skipped_, budget.fraction)) rows += static_cast<double>(skipped_ * layout_.trees);
  if (allowed > 0) fraction_ = allowed / rows;
  effort_ = budget.efforts.at(fraction_);
  wanted_ = index::allowed_rows_for(effort_, fraction_, budget.kept);
  set_limit(budget, fraction_, effort_);
}

void LeafSearch::set_limit(const LeafBudget& budget, double fraction, std::size_t effort) {
  if (budget.is_guarded() && effort > 0)
    misses_ = layout_.guard.limit_among(fraction, budget.kept, effort, budget.recall);
}

// Returns true if more leaves are to be examined because many of the rows that the filter left out are nearer than the
// neighbours found so far: these are then farther down than the leaves say. Sets the new goal; 0: every allowed row.
bool LeafSearch::widens(const LeafBudget& budget) {
  if (!budget.efforts) return false;
  const std::size_t rank = budget.kept + skipped_ + pending_.near_left_out() / layout_.trees;
  if (!index::is_farther_down(rank, budget.kept, fraction_)) return false;
  const std::size_t neighbours = index::FilteredEfforts::neighbours_for(rank);
  const double fraction = static_cast<double>(budget.kept) / static_cast<double>(neighbours);
  // Without a guard, nothing else would notice what such a search misses.
  const std::size_t effort = budget.is_guarded() ? budget.efforts.farther_down(neighbours, budget.kept) : 0;
  if (effort > 0 && effort <= effort_) return false;
  effort_ = effort;
  wanted_ = index::allowed_rows_for(effort, fraction_, budget.kept);
  set_limit(budget, fraction, effort);
  return true;
}

LeafCost LeafSearch::search(const metric::BoundQuery& query, const quantize::SketchQuery& sketch,
                            const LeafBudget& budget, TopK& best) {
  sketch_ = &sketch;
  set_goal(budget);
  LeafCost used;
  used.every_row = wanted_ == 0;
  if (used.every_row) return used;
  const std::size_t kept = budget.kept + budget.excluded;
  pending_.start(query, sketch, wanted_, kept, best);
  entered_before_ = 0;
  const bool guarded = budget.is_guarded();
  std::size_t next = 0;
  std::size_t wanted = wanted_;
  const std::vector<LeafSpan>* leaves = &ranking_.rank(sketch, wanted, guarded);
  if (leaves->empty()) return used;  // a file whose centroids are not numbers
  const double nearest = std::max(0.0, double{leaves->front().key} + sketch.square());
  if (guarded && layout_.guard.is_strange(nearest)) {  // its neighbours may be anywhere
    used.every_row = used.out_of_distribution = true;
    return used;
  }
  const auto rank_more = [&] {
    leaves = &ranking_.rank(sketch, rows_with_beyond(2 * wanted), false);
    // With groups of leaves, more rows may also bring nearer leaves, so all leaves are examined again.
    if (layout_.levels.size() > 1) next = used.rows = 0;
  };
  for (;;) {
    next = look_at_leaves(*leaves, next, wanted, used.rows);
    pending_.settle();
    if (filter_ && used.rows < filter_->allowed() && widens(budget)) {
      used.every_row = wanted_ == 0;
      if (used.every_row) return used;
      wanted = std::max(wanted, wanted_);
      pending_.widen(wanted, kept);
      rank_more();
      continue;
    }
    if (!guarded || next == leaves->size()) return used;
    wanted = used.rows + std::max<std::size_t>(used.rows / 2, layout_.leaf_size);
    if (!goes_on(expected_misses(*leaves, next, best), nearest, wanted, best.entered(), budget, used)) return used;
    pending_.widen(wanted, kept);
    if (used.rounds == 1) ranking_.sort_beyond();
    if (rows_with_beyond(wanted) > rows_of(*leaves)) rank_more();
  }
}

// Returns true if a guarded query examines `wanted` rows next, because it expects more misses than its limit. A query
// that would take too long is flagged to be compared with every row. `entered` is TopK::entered().
bool LeafSearch::goes_on(double misses, double nearest, std::size_t wanted, std::size_t entered,
                         const LeafBudget& budget, LeafCost& used) {
  if (pending_.has_dropped_near_rows()) {
    used.every_row = used.out_of_distribution = true;
    return false;
  }
  const bool first = used.rounds == 0;
  const bool is_quiet = !first && Guard::is_little(entered - entered_before_, budget.kept, budget.recall);
  used.quiet = is_quiet ? used.quiet + 1 : 0;
  const double limit = layout_.guard.limit_of(misses_, budget.kept, budget.recall, nearest, sketch_->square());
  if (first) used.out_of_distribution = misses > Guard::kFarFromTypical * limit;
  if (!(misses > limit) || used.quiet >= Guard::quiet_rounds(misses, limit)) return false;
  used.every_row = costs_more(wanted, Guard::most_spent(false, first, misses, limit) * budget.every_row_cost);
  entered_before_ = entered;
  ++used.rounds;
  return !used.every_row;
}

// Returns true if examining this many rows of leaves takes longer than `nanoseconds`.
bool LeafSearch::costs_more(std::size_t wanted, double nanoseconds) const {
  return static_cast<double>(wanted) / fraction_ > rows_within(nanoseconds, layout_.sketch.width());
}

// Returns the rows of leaves to rank, including those ranked beyond the examined ones (guard.h).
std::size_t LeafSearch::rows_with_beyond(std::size_t effort) const {
  const double per_leaf = std::max(1.0, static_cast<double>(layout_.leaf_size) * fraction_);
  const auto leaves = static_cast<std::size_t>(static_cast<double>(effort) / per_leaf) + 1;
  return effort + static_cast<std::size_t>(static_cast<double>(calibration::lists_beyond(leaves)) * per_leaf);
}

// Examines leaves from number `next` on until `wanted` rows have been examined; returns the number of the next leaf.
std::size_t LeafSearch::look_at_leaves(const std::vector<LeafSpan>& leaves, std::size_t next, std::size_t wanted,
                                       std::size_t& rows) {
  for (; next < leaves.size() && rows < wanted; ++next) {
    if (next + 1 < leaves.size()) pending_.prefetch(leaves[next + 1]);
    pending_.add(leaves[next]);
    rows += rows_of(leaves[next]);
  }
  return next;
}

double LeafSearch::expected_misses(const std::vector<LeafSpan>& leaves, std::size_t next, const TopK& best) {
  beyond_.clear();
  const std::size_t end = std::min(leaves.size(), next + calibration::lists_beyond(next));
  for (std::size_t leaf = next; leaf < end; ++leaf) beyond_.push_back({leaves[leaf].key, leaves[leaf].leaf});
  const double worst = best.worst();
  const float score =
      std::isfinite(worst) ? static_cast<float>(sketch_->score_of(worst)) : std::numeric_limits<float>::infinity();
  const std::span<const calibration::GroupResiduals> residuals = filter_ ? filter_->residuals() : layout_.residuals;
  return calibration::expected_rows(residuals, layout_.guard.lambda, beyond_, score, sketch_->square()) /
         static_cast<double>(layout_.trees);  // a missed row has a leaf in each tree
}

}  // namespace nearabout::forest
