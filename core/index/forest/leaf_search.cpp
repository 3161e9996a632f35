#include "index/forest/leaf_search.h"

#include <algorithm>
#include <cmath>

#include "index/forest/costs.h"

namespace nearabout::forest {
namespace {

using calibration::Guard;

std::size_t rows_of(const std::vector<LeafSpan>& leaves) {
  std::size_t rows = 0;
  for (const LeafSpan& leaf : leaves) rows += leaf.end - leaf.begin;
  return rows;
}

}  // namespace

LeafCost LeafSearch::search(const metric::BoundQuery& query, const quantize::SketchQuery& sketch,
                            const LeafBudget& budget, TopK& best) {
  pending_.start(query, sketch, budget.effort, budget.kept, best);
  sketch_ = &sketch;
  entered_before_ = 0;
  const bool guarded = budget.is_guarded();
  LeafCost used;
  std::size_t next = 0;
  std::size_t wanted = budget.effort;
  const std::vector<LeafSpan>* leaves = &ranking_.rank(sketch, wanted, guarded);
  if (leaves->empty()) return used;  // a file whose centroids are not numbers
  const double nearest = std::max(0.0, double{leaves->front().key} + sketch.square());
  if (guarded && layout_.guard.is_strange(nearest)) {  // its neighbours may be anywhere
    used.every_row = used.out_of_distribution = true;
    return used;
  }
  for (;;) {
    next = look_at_leaves(*leaves, next, wanted, used.rows);
    pending_.settle();
    if (!guarded || next == leaves->size()) return used;
    wanted = used.rows + std::max<std::size_t>(used.rows / 2, layout_.leaf_size);
    if (!goes_on(expected_misses(*leaves, next, best), nearest, wanted, best.entered(), budget, used)) return used;
    pending_.widen(wanted, budget.kept);
    if (used.rounds == 1) ranking_.sort_beyond();
    if (rows_with_beyond(wanted) <= rows_of(*leaves)) continue;
    leaves = &ranking_.rank(sketch, rows_with_beyond(2 * wanted), false);
    // With groups of leaves, more rows may also bring nearer leaves, so all leaves are examined again.
    if (layout_.levels.size() > 1) next = used.rows = 0;
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
  const double limit = layout_.guard.limit_of(budget.misses, budget.kept, budget.recall, nearest, sketch_->square());
  if (first) used.out_of_distribution = misses > Guard::kFarFromTypical * limit;
  if (!(misses > limit) || used.quiet >= Guard::quiet_rounds(misses, limit)) return false;
  used.every_row = costs_more(wanted, Guard::most_spent(false, first, misses, limit) * budget.every_row_cost);
  entered_before_ = entered;
  ++used.rounds;
  return !used.every_row;
}

// Returns true if examining this many rows of leaves takes longer than `nanoseconds`.
bool LeafSearch::costs_more(std::size_t wanted, double nanoseconds) const {
  return static_cast<double>(wanted) > rows_within(nanoseconds, layout_.sketch.width());
}

// Returns the rows of leaves to rank, including those ranked beyond the examined ones (guard.h).
std::size_t LeafSearch::rows_with_beyond(std::size_t effort) const {
  const std::size_t leaves = effort / std::max<std::size_t>(1, layout_.leaf_size) + 1;
  return effort + calibration::lists_beyond(leaves) * layout_.leaf_size;
}

// Examines leaves from number `next` on until `wanted` rows have been examined; returns the number of the next leaf.
std::size_t LeafSearch::look_at_leaves(const std::vector<LeafSpan>& leaves, std::size_t next, std::size_t wanted,
                                       std::size_t& rows) {
  for (; next < leaves.size() && rows < wanted; ++next) {
    if (next + 1 < leaves.size()) pending_.prefetch(leaves[next + 1]);
    pending_.add(leaves[next]);
    rows += leaves[next].end - leaves[next].begin;
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
  return calibration::expected_rows(layout_.residuals, layout_.guard.lambda, beyond_, score, sketch_->square()) /
         static_cast<double>(layout_.trees);  // a missed row has a leaf in each tree
}

}  // namespace nearabout::forest
