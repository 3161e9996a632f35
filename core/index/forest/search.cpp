// Searches a forest: finds the nearest leaves, scores their rows by sketches, and compares the most promising in full.
#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "index/forest/forest.h"
#include "index/forest/leaf_search.h"
#include "index/forest/recall_profile.h"
#include "index/queries.h"

namespace nearabout::forest {
namespace {

constexpr std::size_t kMin = 10;              // least number of neighbours searched for
constexpr std::size_t kQueriesAtATime = 16;   // queries per task of a thread, between two checks for cancellation
constexpr double kQueryNanoseconds = 10'000;  // approximate cost; more with effort

}  // namespace

std::size_t ForestIndex::fallback_effort(std::size_t k) const {
  constexpr double kTypicalNeighbours = 10;
  // More neighbours are in more leaves, but the number of leaves grows more slowly than that of neighbours.
  const double wider = std::sqrt(std::max(1.0, static_cast<double>(k) / kTypicalNeighbours));
  const double effort = static_cast<double>(layout_.fallback_effort);
  // Tiny leaves and tiny tables make the task look too easy: the neighbours by sketches are then those that leaves are
  // ranked by.
  const double least = 100 + 10 * static_cast<double>(k);
  return static_cast<std::size_t>(std::max(effort * wider, least));
}

std::unique_ptr<calibration::RecallProfile> ForestIndex::profile(
    const calibration::CalibrationQueries& calibration_queries, const index::BuildOptions& build,
    const Monitor& monitor) const {
  return std::make_unique<ForestRecallProfile>(*this, calibration_queries, build, monitor);
}

std::unique_ptr<const index::KindFilter> ForestIndex::derive_filter(const index::RowFilter& filter) const {
  return std::make_unique<const LeafFilter>(layout_, filter);
}

void ForestIndex::do_search(MatrixView queries, const index::Request& request, const index::Budget& budget,
                            index::Results& results) const {
  const std::size_t wanted = budget.effort;
  if (budget.every_row || wanted >= rows()) return scan_.search_in_order(queries, request, results);
  const std::size_t all = request.filter ? request.filter->count() : rows();
  const double fraction = static_cast<double>(all) / static_cast<double>(rows());
  const auto looked_at = static_cast<std::size_t>(std::ceil(static_cast<double>(wanted) * fraction));
  const std::size_t effort = std::max(looked_at, request.radius ? 1 : request.k);
  const std::vector<metric::BoundQuery> bound = index::bind_queries(queries, descriptor());

  // A limit at the single nearest row so far would lose it among the sketches too often.
  const std::size_t kept = request.radius ? request.k : std::min(std::max(request.k, kMin), all);
  LeafBudget allowed{effort, kept};
  allowed.excluded = index::most_excluded(request);
  if (request.filter) {
    allowed.filter = static_cast<const LeafFilter*>(request.filter->of_kind());
    allowed.fraction = fraction;
    allowed.efforts = filtered_efforts(request);
  }
  if (budget.guarded && !layout_.guard.limits.empty()) {
    allowed.recall = budget.recall;
    allowed.misses = layout_.guard.limit(kept, effort, budget.recall);
    allowed.every_row_cost = exact_cost(request.k, all);
  }
  const double work = static_cast<double>(queries.rows) * (kQueryNanoseconds + 2 * static_cast<double>(effort));
  const std::size_t threads = worthwhile_threads(work, request.threads);
  std::vector<std::unique_ptr<LeafSearch>> searches(threads);
  const auto run = [&](std::size_t begin, std::size_t end, std::size_t worker) {
    if (!searches[worker]) searches[worker] = std::make_unique<LeafSearch>(layout_);
    const std::vector<float> vectors = index::to_float32(queries, begin, end);
    const std::vector<quantize::SketchQuery> sketches =
        quantize::SketchQuery::bind(layout_.sketch, vectors.data(), end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      TopK best = index::top_k_of(bound[i], request, kept, i);
      const LeafCost used = searches[worker]->search(bound[i], sketches[i - begin], allowed, best);
      index::write_result(bound[i], best, request, results, i);
      results.set_effort(i, used.every_row ? index::kEveryRow : static_cast<std::int64_t>(used.rows));
      results.set_out_of_distribution(i, used.out_of_distribution);
    }
  };
  parallel_for(queries.rows, kQueriesAtATime, threads, run, request.monitor);
  // Trees that share most of their rows may give fewer than k.
  if (!request.radius) retry_short_results(queries, request, 4 * std::max(wanted, request.k), results);
}

}  // namespace nearabout::forest
