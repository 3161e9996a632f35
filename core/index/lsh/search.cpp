// Searches hashes, a group of queries at a time.
#include <algorithm>
#include <cmath>

#include "index/excluded_rows.h"
#include "index/grouped_search.h"
#include "index/lsh/costs.h"
#include "index/lsh/lsh.h"

namespace nearabout::lsh {
namespace {

constexpr std::size_t kHashedTogether = 32;  // queries that go over a piece of the codes while it is in the cache

}  // namespace

std::size_t LshIndex::fallback_effort(std::size_t k) const {
  constexpr std::size_t kFallbackRows = 200, kRowsPerNeighbour = 20;
  return std::clamp(std::max(kFallbackRows, kRowsPerNeighbour * k), effort().min, effort().max);
}

double LshIndex::query_cost(std::size_t k, std::size_t effort) const {
  const auto count = static_cast<double>(std::min(std::max(effort, least_effort(k)), rows()));
  const auto all = static_cast<double>(rows());
  const auto bytes = static_cast<double>(row_bytes(descriptor().element, dims()));
  const double binding = kHashedQueryCost + kProjectedCost * static_cast<double>(dims() * layout_.planes.bits());
  const double comparing = count * (kFullRowCost + kFullRowByteCost * bytes);
  if (layout_.settings.tables > 0) return binding + comparing + count * kProbedRowCost;
  const double near = count * (1 + std::log(all / count));  // with rows in any order
  return binding + comparing + all * static_cast<double>(layout_.words()) * kScannedWordCost + near * kNearRowCost;
}

// As for a graph: one query takes some three times as long as one of a batch.
double LshIndex::exact_cost(std::size_t k, std::size_t rows) const {
  // Buckets of sampled bits hold what agrees in these bits, and many rows tie: of rows of few bits, calibration says
  // too little of other queries. A target recall then compares every row, and tables serve searches with an effort.
  if (!layout_.tables.empty() && descriptor().element == Element::bits) return 0;
  constexpr double kBothWorkloads = 1.7;
  return kBothWorkloads * scan_.query_cost(k, rows);
}

std::unique_ptr<const index::KindFilter> LshIndex::derive_filter(const index::RowFilter&) const {
  return std::make_unique<const index::RowOrderFilter>();
}

void LshIndex::do_search(MatrixView queries, const index::Request& request, const index::Budget& budget,
                         index::Results& results) const {
  if (budget.every_row || request.filter) return scan_.search_in_order(queries, request, results);
  // Any number of rows may be within a radius.
  const std::size_t least = std::min((request.radius ? 0 : request.k) + index::most_excluded(request), rows());
  // To keep a recall, some more rows than calibration says: planes that are learnt suit the rows a little better than
  // queries that nobody has seen (of groups of seven alike, .83 were promised, and .78 found).
  const std::size_t more = budget.guarded ? request.k / 2 : 0;
  const std::size_t count = std::min(std::max({budget.effort, kMinCompared, least}) + more, rows());
  const LshBudget allowance{count, least, budget.guarded, budget.recall};
  const double work = static_cast<double>(queries.rows) * query_cost(request.k, count);
  index::search_in_groups(
      {queries.rows, work, kHashedTogether}, searches_, request,
      [this] { return std::make_unique<LshSearch>(layout_); },
      [&](LshSearch& search, std::size_t begin, std::size_t end, index::SearchStats* stats) {
        search.run(queries, begin, end, allowance, request, stats, results);
      });
}

}  // namespace nearabout::lsh
