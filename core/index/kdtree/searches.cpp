#include "index/kdtree/searches.h"

#include <algorithm>
#include <limits>

#include "base/convert.h"
#include "index/excluded_rows.h"
#include "index/queries.h"
#include "index/rerank.h"

namespace nearabout::kdtree {
namespace {

constexpr std::size_t kRowsAtOnce = 64;         // rows
constexpr std::size_t kReadBeforeRelease = 16;  // places; the system may map 2 MiB with each

}  // namespace

KdTreeSearch::KdTreeSearch(const KdTreeLayout& layout)
    : layout_(layout),
      vectors_(layout.vectors->matrix()),
      descent_(layout),
      candidates_(layout.space),
      query_(layout.descriptor.dims),
      point_(layout.space.dims()),
      rdists_(kRowsAtOnce) {}

bool KdTreeSearch::run(MatrixView queries, std::size_t number, const KdTreeBudget& budget,
                       const index::Request& request, index::Results& results) {
  const metric::BoundQuery bound = index::bind_query(queries, number, layout_.descriptor);
  to_f32(queries.element, queries.row(number), queries.dims, query_.data());
  if (!layout_.space.map_query(query_.data(), point_.data())) return false;
  ++queries_;
  const std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  const std::size_t k = request.radius ? unlimited : request.k + index::excluded_of(request, number).size();
  const double farthest = layout_.space.value_at(index::rdist_within(bound, index::radius_of(request)));
  candidates_.start(k, farthest, budget.epsilon);
  if (budget.all)
    descent_.find_all(point_.data(), budget.allowed, candidates_);
  else
    descent_.find_nearest(point_.data(), budget.leaves, candidates_);
  compare(bound, request, number, results);
  if (!budget.all) results.set_effort(number, static_cast<std::int64_t>(budget.leaves));
  return true;
}

void KdTreeSearch::compare(const metric::BoundQuery& bound, const index::Request& request, std::size_t number,
                           index::Results& results) {
  rows_.clear();
  candidates_.each([&](std::uint32_t place) { rows_.push_back(layout_.row_at(place)); });
  compared_ += rows_.size();
  TopK best = index::top_k_of(bound, request, request.k, number);
  const std::size_t step = request.releases_memory ? kReadBeforeRelease : kRowsAtOnce;
  for (std::size_t first = 0; first < rows_.size(); first += step) {
    const std::size_t count = std::min(step, rows_.size() - first);
    for (std::size_t i = first; i < first + count; ++i) layout_.vectors->fetch(rows_[i] * vectors_.stride);
    index::rerank(*layout_.vectors, {vectors_.data, vectors_.stride, rows_.data() + first, count, true}, rdists_.data(),
                  best, [&](const kernels::Rows& batch, double* out) { bound.rdists(batch, out); });
    if (request.releases_memory) layout_.file.forget();
  }
  index::write_result(bound, best, request, results, number);
}

void KdTreeSearch::count(index::SearchStats& stats) {
  stats.count("queries", queries_);
  stats.count("nodes", descent_.nodes() - nodes_);
  stats.count("leaves", descent_.leaves() - leaves_);
  stats.count("rows", descent_.rows() - scanned_);
  stats.count("compared", compared_);
  const std::size_t block_bytes = layout_.block_numbers() * sizeof(float);
  stats.count("bytes", (descent_.nodes() - nodes_) * 2 * block_bytes +
                           (descent_.rows() - scanned_) / kernels::kBlockRows * block_bytes +
                           compared_ * vectors_.stride);
  queries_ = compared_ = 0;
  nodes_ = descent_.nodes();
  leaves_ = descent_.leaves();
  scanned_ = descent_.rows();
}

}  // namespace nearabout::kdtree
