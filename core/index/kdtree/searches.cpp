#include "index/kdtree/searches.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/convert.h"
#include "index/excluded_rows.h"
#include "index/queries.h"

namespace nearabout::kdtree {
namespace {

constexpr std::size_t kRowsAtOnce = 64;         // rows
constexpr std::size_t kReadBeforeRelease = 16;  // places; the system may map 2 MiB with each

// Sorts rows that are in order but for rounding.
void sort_nearly_sorted(std::vector<Neighbour>& neighbours) {
  for (std::size_t i = 1; i < neighbours.size(); ++i) {
    const Neighbour moved = neighbours[i];
    std::size_t place = i;
    for (; place > 0 && moved < neighbours[place - 1]; --place) neighbours[place] = neighbours[place - 1];
    neighbours[place] = moved;
  }
}

}  // namespace

KdTreeSearch::KdTreeSearch(const KdTreeLayout& layout)
    : layout_(layout),
      vectors_(layout.vectors->matrix()),
      descent_(layout),
      candidates_(layout.space),
      query_(layout.descriptor.dims),
      point_(layout.space.dims()),
      has_vectors_(layout.descriptor.element == Element::f32 && layout.space.keeps_vectors()),
      copies_(has_vectors_ ? kRowsAtOnce * layout.space.dims() : 0) {}

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
    descent_.find_nearest(point_.data(), budget.leaves, budget.guarded, candidates_);
  compare(bound, request, number, results);
  results.set_effort(number, budget.effort);
  return true;
}

void KdTreeSearch::compare(const metric::BoundQuery& bound, const index::Request& request, std::size_t number,
                           index::Results& results) {
  places_.clear();
  candidates_.each([&](std::uint32_t place) { places_.push_back(place); });
  compared_ += places_.size();
  found_.clear();
  const std::size_t step = request.releases_memory ? kReadBeforeRelease : kRowsAtOnce;
  for (std::size_t first = 0; first < places_.size(); first += step) {
    const std::size_t count = std::min(step, places_.size() - first);
    compare_some(bound, {places_.data() + first, count});
    if (request.releases_memory) layout_.file.forget();
  }
  const double most = index::rdist_within(bound, index::radius_of(request));
  const std::span<const std::uint32_t> excluded = index::excluded_of(request, number);
  std::erase_if(found_, [&](const Neighbour& neighbour) {
    return !(neighbour.rdist <= most) || std::binary_search(excluded.begin(), excluded.end(), neighbour.row);
  });
  if (candidates_.are_in_order())
    sort_nearly_sorted(found_);
  else
    std::sort(found_.begin(), found_.end());
  index::write_result(bound, found_, request, results, number);
}

// Rows are compared as the metric has them: from the blocks of the tree, which are at hand, if these hold the vectors.
void KdTreeSearch::compare_some(const metric::BoundQuery& bound, std::span<const std::uint32_t> places) {
  const std::size_t dims = layout_.space.dims();
  std::array<std::uint32_t, kRowsAtOnce> rows;
  for (std::size_t i = 0; i < places.size(); ++i) {
    rows[i] = layout_.row_at(places[i]);
    if (has_vectors_) {
      const float* const block = layout_.block(places[i] / kernels::kBlockRows);
      for (std::size_t j = 0; j < dims; ++j)
        copies_[i * dims + j] = block[j * kernels::kBlockRows + places[i] % kernels::kBlockRows];
      if (rows[i] >= layout_.shape.rows()) layout_.vectors->check_rows(rows[i], std::uint64_t{rows[i]} + 1);
    } else {
      layout_.vectors->fetch(rows[i] * vectors_.stride, (std::uint64_t{rows[i]} + 1) * vectors_.stride);
    }
  }
  std::array<double, kRowsAtOnce> rdists;
  if (has_vectors_) {
    bound.rdists({copies_.data(), dims * sizeof(float), nullptr, places.size(), true}, rdists.data());
  } else {
    for (std::size_t i = 0; i < places.size(); ++i) layout_.vectors->check_rows(rows[i], std::uint64_t{rows[i]} + 1);
    bound.rdists({vectors_.data, vectors_.stride, rows.data(), places.size(), true}, rdists.data());
  }
  for (std::size_t i = 0; i < places.size(); ++i) found_.push_back({rdists[i], rows[i]});
}

void KdTreeSearch::start_counting() {
  queries_ = compared_ = 0;
  before_ = descent_.work();
}

void KdTreeSearch::count(index::SearchStats& stats) {
  const Descent::Work work = descent_.work() - before_;
  stats.count("queries", queries_);
  stats.count("nodes", work.nodes);
  stats.count("leaves", work.leaves);
  stats.count("rows", work.rows);
  stats.count("compared", compared_);
  const std::size_t block_bytes = layout_.block_numbers() * sizeof(float);
  stats.count("bytes", work.nodes * 2 * block_bytes + work.rows / kernels::kBlockRows * block_bytes +
                           compared_ * vectors_.stride);
}

}  // namespace nearabout::kdtree
