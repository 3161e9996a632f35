#include "index/lsh/searches.h"

#include <algorithm>

#include "index/excluded_rows.h"
#include "index/queries.h"
#include "index/rerank.h"

namespace nearabout::lsh {
namespace {

constexpr std::size_t kRowsAtOnce = 64;

}  // namespace

LshSearch::LshSearch(const LshLayout& layout)
    : layout_(layout),
      view_(layout.vectors->matrix()),
      codes_(layout),
      scan_(layout),
      lookup_(layout),
      rdists_(kRowsAtOnce) {}

void LshSearch::run(MatrixView queries, std::size_t begin, std::size_t end, const LshBudget& budget,
                    const index::Request& request, index::SearchStats* stats, index::Results& results) {
  index::StageTimer clock(stats);
  probed_ = compared_ = 0;
  codes_.bind(queries, begin, end);
  clock.finish("bind");
  const bool scans = layout_.settings.tables == 0;
  if (scans) {
    scan_.run(codes_, end - begin, budget.count, request, begin);
    if (request.releases_memory) layout_.file.forget();
    clock.finish("scan");
  }
  for (std::size_t number = begin; number < end; ++number) {
    const std::size_t query = number - begin;
    const FoundRows found =
        scans ? scan_.rows(query)
              : lookup_.find(codes_, query, budget.count, budget.least, index::absent_of(request, number));
    if (!scans) {
      probed_ += lookup_.probed();
      clock.finish("probe");
    }
    compare(queries, number, found, request, results);
    const bool leaves = budget.guarded && misses_many(number, found, budget, request, results);
    results.set_effort(number, leaves ? index::kEveryRow : static_cast<std::int64_t>(found.size()));
    clock.finish("compare");
  }
  if (stats) add_counts(end - begin, *stats);
}

void LshSearch::compare(MatrixView queries, std::size_t number, const FoundRows& found, const index::Request& request,
                        index::Results& results) {
  const metric::BoundQuery bound = index::bind_query(queries, number, layout_.descriptor);
  TopK best = index::top_k_of(bound, request, request.k, number);
  compare_some(bound, found.nearer, request, best);
  compare_some(bound, found.farther, request, best);
  compared_ += found.size();
  index::write_result(bound, best, request, results, number);
}

void LshSearch::compare_some(const metric::BoundQuery& bound, std::span<const std::uint32_t> rows,
                             const index::Request& request, TopK& best) {
  constexpr std::size_t kReadBeforeRelease = 16;  // rows; the system may map 2 MiB with each
  const std::size_t step = request.releases_memory ? kReadBeforeRelease : kRowsAtOnce;
  const auto fetch = [&](std::size_t first) {
    for (std::size_t i = first; i < std::min(first + step, rows.size()); ++i)
      layout_.vectors->fetch(rows[i] * view_.stride, (std::uint64_t{rows[i]} + 1) * view_.stride);
  };
  fetch(0);
  for (std::size_t first = 0; first < rows.size(); first += step) {
    fetch(first + step);
    const std::size_t count = std::min(step, rows.size() - first);
    index::rerank(*layout_.vectors, {view_.data, view_.stride, rows.data() + first, count, true}, rdists_.data(), best,
                  [&](const kernels::Rows& batch, double* out) { bound.rdists(batch, out); });
    if (request.releases_memory) layout_.file.forget();
  }
}

// Of few neighbours any number may be there by chance, and of fewer than three rows compared for each neighbour the
// farther ones have to be among them.
bool LshSearch::misses_many(std::size_t number, const FoundRows& found, const LshBudget& budget,
                            const index::Request& request, const index::Results& results) {
  constexpr std::size_t kTellingNeighbours = 20, kRowsPerNeighbour = 3;
  constexpr double kMoreThanAllowed = 0.15, kFew = 0.03;
  const double allowed = 1 - budget.recall;
  const std::size_t count = std::min(request.k, results.count(number));
  if (count < kTellingNeighbours || found.size() < kRowsPerNeighbour * count) return false;
  std::size_t late = 0;
  for (std::size_t place = 0; place < count; ++place)
    late += std::ranges::binary_search(found.farther, results.row(number, place)) ? 1u : 0u;
  return static_cast<double>(late) >
         std::min(allowed + kMoreThanAllowed, 2 * allowed + kFew) * static_cast<double>(count);
}

void LshSearch::add_counts(std::size_t queries, index::SearchStats& stats) const {
  stats.count("queries", queries);
  std::uint64_t bytes = compared_ * view_.stride;
  if (layout_.codes) {
    stats.count("codes", queries * layout_.row_count());
    bytes += queries * layout_.row_count() * layout_.words() * sizeof(std::uint64_t);
  } else {
    stats.count("buckets", probed_);
  }
  stats.count("compared", compared_);
  stats.count("bytes", bytes);
}

}  // namespace nearabout::lsh
