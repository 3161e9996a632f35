#include "index/graph/searches.h"

#include <algorithm>

#include "index/excluded_rows.h"
#include "index/queries.h"
#include "index/rerank.h"
#include "index/rerank_bytes.h"

namespace nearabout::graph {
namespace {

constexpr std::size_t kTurns = 8;               // queries that walk in turn
constexpr std::size_t kRowsAtOnce = 64;         // rows
constexpr std::size_t kReadBeforeRelease = 16;  // places; the system may map 2 MiB with each

}  // namespace

GraphSearch::GraphSearch(const GraphLayout& layout)
    : layout_(layout),
      view_(layout.compared_rows().matrix()),
      queries_(layout.transform, layout.directions, layout.codes),
      rdists_(kRowsAtOnce) {}

void GraphSearch::run(MatrixView queries, std::size_t begin, std::size_t end, const GraphBudget& budget,
                      const index::Request& request, index::SearchStats* stats, index::Results& results) {
  index::StageTimer clock(stats);
  steps_ = fetched_ = compared_ = 0;
  queries_.bind(queries, begin, end);
  clock.finish("bind");
  std::size_t next = 0;
  std::size_t active = std::min(kTurns, end - begin);
  while (turns_.size() < active) turns_.push_back(std::make_unique<Turn>(layout_));
  for (std::size_t i = 0; i < active; ++i) start(*turns_[i], next++, begin, budget, request);
  while (active > 0)
    for (std::size_t i = 0; i < active;) {
      if (go_on(*turns_[i], queries, begin, budget, request, results))
        ++i;
      else if (next < end - begin)
        start(*turns_[i++], next++, begin, budget, request);
      else
        std::swap(turns_[i], turns_[--active]);
    }
  clock.finish("walk");
  if (!stats) return;
  stats->count("queries", end - begin);
  const NodeFormat& format = layout_.format;
  stats->count(kNodesCounted, steps_);
  if (!format.has_codes()) stats->count(kFetchedCounted, fetched_);
  stats->count("compared", compared_);
  const std::size_t own = format.has_codes() ? format.size() : format.size() - format.edges();
  stats->count("bytes", steps_ * own + fetched_ * format.edges() + compared_ * view_.stride);
}

void GraphSearch::start(Turn& turn, std::size_t query, std::size_t begin, const GraphBudget& budget,
                        const index::Request& request) {
  turn.query = query;
  turn.walks = true;
  turn.walk.start(queries_, query, budget.width, index::absent_of(request, begin + query));
}

bool GraphSearch::go_on(Turn& turn, MatrixView queries, std::size_t begin, const GraphBudget& budget,
                        const index::Request& request, index::Results& results) {
  if (!turn.walks) {
    compare(turn, queries, begin + turn.query, budget, request, results);
    return false;
  }
  count_read(1, request);
  if (turn.walk.step()) return true;
  turn.walks = false;
  steps_ += turn.walk.steps();
  fetched_ += turn.walk.fetched();
  fetch_rows(turn, budget, request.k + index::most_excluded(request));
  return true;
}

// Of rows that are equal, any `copies` are enough.
void GraphSearch::fetch_rows(Turn& turn, const GraphBudget& budget, std::size_t copies) {
  turn.rows.clear();
  for (const Scored& visited : turn.walk.nearest(budget.depth)) {
    const Node node(layout_, visited.row());
    const std::span<const std::uint32_t> rows = node.rows();
    for (const std::uint32_t row : rows.first(std::min(rows.size(), copies))) {
      layout_.compared_rows().fetch(row * view_.stride, (std::uint64_t{row} + 1) * view_.stride);
      turn.rows.push_back(row);
    }
  }
}

void GraphSearch::compare(Turn& turn, MatrixView queries, std::size_t number, const GraphBudget& budget,
                          const index::Request& request, index::Results& results) {
  const metric::BoundQuery bound = index::bind_query(queries, number, layout_.descriptor);
  TopK best = index::top_k_of(bound, request, request.k, number);
  if (layout_.vectors)
    compare_vectors(turn, bound, request, best);
  else
    index::rerank_bytes(
        layout_.byte_rows,
        {layout_.byte_rows.steps, layout_.transform, index::to_float32(queries, number, number + 1).data()}, turn.rows,
        best);
  compared_ += turn.rows.size();
  index::write_result(bound, best, request, results, number);
  const bool leaves = budget.guarded && are_alike(turn, number, request, results);
  results.set_effort(number, leaves ? index::kEveryRow : static_cast<std::int64_t>(budget.width));
}

// Bytes of nodes and queries are rounded, so the estimate of a distance of 0 is a twelfth of a squared step of both for
// each direction. Of rows nearer than twice that, a walk keeps any. Equal rows are one node.
bool GraphSearch::are_alike(const Turn& turn, std::size_t number, const index::Request& request,
                            const index::Results& results) const {
  const metric::Metric metric = layout_.descriptor.metric;
  const std::size_t last = std::min(request.k, results.count(number));
  if (last == 0) return false;
  const double distance = results.distance(number, last - 1);
  double square = 0;
  if (metric == metric::Metric::euclidean)
    square = distance * distance;
  else if (metric == metric::Metric::sqeuclidean)
    square = distance;
  else if (metric == metric::Metric::cosine)
    square = 2 * distance;
  square *= double{layout_.transform.scale()} * double{layout_.transform.scale()};
  const double node_step = layout_.point_step;
  const double query_step = queries_[turn.query].byte_scale;
  const double rounded = (node_step * node_step + query_step * query_step) / 12;
  return square > 0 && square < 2 * static_cast<double>(layout_.shape().directions) * rounded;
}

void GraphSearch::count_read(std::size_t places, const index::Request& request) {
  if (!request.releases_memory || (read_ += places) < kReadBeforeRelease) return;
  layout_.file.forget();
  read_ = 0;
}

void GraphSearch::compare_vectors(const Turn& turn, const metric::BoundQuery& bound, const index::Request& request,
                                  TopK& best) {
  const std::size_t step = request.releases_memory ? kReadBeforeRelease : kRowsAtOnce;
  for (std::size_t first = 0; first < turn.rows.size(); first += step) {
    const std::size_t count = std::min(step, turn.rows.size() - first);
    count_read(count, request);
    index::rerank(*layout_.vectors, {view_.data, view_.stride, turn.rows.data() + first, count, true}, rdists_.data(),
                  best, [&](const kernels::Rows& batch, double* out) { bound.rdists(batch, out); });
  }
}

}  // namespace nearabout::graph
