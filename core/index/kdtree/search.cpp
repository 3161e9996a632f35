// Searches a k-d tree: each query on its own.
#include <algorithm>
#include <mutex>
#include <vector>

#include "index/excluded_rows.h"
#include "index/grouped_search.h"
#include "index/kdtree/costs.h"
#include "index/kdtree/kdtree.h"
#include "index/partial_search.h"

namespace nearabout::kdtree {
namespace {

// Of so few allowed rows, comparing each takes less time than a search of the tree.
constexpr std::size_t kFewAllowedRows = 200;
constexpr std::size_t kQueriesTogether = 64;

}  // namespace

void KdTreeIndex::do_search(MatrixView queries, const index::Request& request, const index::Budget& budget,
                            index::Results& results) const {
  if (request.filter && request.filter->count() <= kFewAllowedRows)
    return scan_.search_in_order(queries, request, results);
  const auto* const allowed = request.filter ? dynamic_cast<const AllowedLeaves*>(request.filter->of_kind()) : nullptr;
  const bool bounded = layout_.epsilon > 0 && bounded_effort() == budget.effort;
  const std::int64_t effort = budget.every_row ? index::kEveryRow : static_cast<std::int64_t>(budget.effort);
  const KdTreeBudget allowance{
      effort, budget.effort, budget.every_row || bounded, budget.guarded, budget.every_row ? 0 : layout_.epsilon,
      allowed};
  const double each =
      budget.every_row ? descent_cost(layout_, request.k, visits(request.k)) : query_cost(request.k, budget.effort);
  std::vector<std::size_t> far;
  std::mutex adding;
  index::search_in_groups(
      {queries.rows, static_cast<double>(queries.rows) * each, kQueriesTogether}, searches_, request,
      [this] { return std::make_unique<KdTreeSearch>(layout_); },
      [&](KdTreeSearch& search, std::size_t begin, std::size_t end, index::SearchStats* stats) {
        if (stats) search.start_counting();
        std::vector<std::size_t> left;
        for (std::size_t i = begin; i < end; ++i)
          if (!search.run(queries, i, allowance, request, results)) left.push_back(i);
        if (stats) search.count(*stats);
        if (left.empty()) return;
        const std::scoped_lock lock(adding);
        far.insert(far.end(), left.begin(), left.end());
      });
  if (!far.empty()) scan_for(far, queries, request, results);
}

void KdTreeIndex::scan_for(std::vector<std::size_t> numbers, MatrixView queries, const index::Request& request,
                           index::Results& results) const {
  std::sort(numbers.begin(), numbers.end());
  index::PartialSearch part(queries, request, std::move(numbers));
  index::Results found =
      request.radius ? index::Results::unlimited(part.queries().rows) : index::Results(part.queries().rows, request.k);
  scan_.search_in_order(part.queries(), part.request(), found);
  for (std::size_t i = 0; i < part.numbers().size(); ++i) found.set_sought(i, results.sought(part.numbers()[i]));
  part.put_back(found, results);
}

}  // namespace nearabout::kdtree
