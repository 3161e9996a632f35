#include "index/forest/ranking.h"

#include <algorithm>
#include <limits>

#include "base/number_order.h"
#include "index/calibration/guard.h"
#include "kernels/kernels.h"

namespace nearabout::forest {
namespace {

constexpr std::size_t kGuessedFrom = 128;  // keys sampled for a guess

}  // namespace

std::uint64_t LeafRanking::first_leaf(std::size_t level, std::uint64_t node) const {
  for (; level > 0; --level) node = layout_.levels[level].firsts[node];
  return node;
}

std::uint64_t LeafRanking::rows_before(std::size_t level, std::uint64_t node) const {
  const std::uint64_t leaf = first_leaf(level, node);
  return filter_ ? filter_->allowed_before(leaf) : layout_.levels[0].firsts[leaf];
}

std::uint64_t LeafRanking::rows_of(std::size_t level, std::uint64_t node) const {
  return rows_before(level, node + 1) - rows_before(level, node);
}

std::uint64_t LeafRanking::all_rows_of(std::size_t level, std::uint64_t node) const {
  const std::span<const std::uint64_t> firsts = layout_.levels[0].firsts;
  return firsts[first_leaf(level, node + 1)] - firsts[first_leaf(level, node)];
}

std::size_t LeafRanking::rows_skipped() const {
  std::uint64_t rows = 0;
  for (const Empty& empty : empty_)
    if (!leaves_.empty() && empty.key < leaves_.front().key) rows += empty.rows;
  return rows / layout_.trees;
}

// Computes the keys of nodes [begin, end) of a level: the estimated distances of their centroids, up to a constant.
void LeafRanking::add_keys(const quantize::SketchQuery& query, std::size_t level, std::uint64_t begin,
                           std::uint64_t end) {
  const std::size_t count = end - begin;
  const std::uint64_t first = layout_.levels[level].begin + begin;
  const std::size_t width = layout_.sketch.width();
  dots_.resize(count);
  const MatrixView codes = layout_.node_codes->rows(first, first + count);
  kernels::table().screen.rows(query.bytes(), {codes.data, codes.stride, nullptr, count}, width, 0, dots_.data());
  const float* offsets = layout_.node_offsets->items<float>(first, count).data();
  const float scale = query.centroid_scale();
  const std::size_t place = keys_.size();
  keys_.resize(place + count);
  nodes_.resize(place + count);
  for (std::size_t i = 0; i < count; ++i) keys_[place + i] = offsets[i] + scale * static_cast<float>(dots_[i]);
  for (std::size_t i = 0; i < count; ++i) nodes_[place + i] = static_cast<std::uint32_t>(begin + i);
  if (filter_) leave_out_empty(level, place);
}

// Removes the nodes from `place` on that have no allowed rows.
void LeafRanking::leave_out_empty(std::size_t level, std::size_t place) {
  std::size_t kept = place;
  for (std::size_t i = place; i < nodes_.size(); ++i) {
    if (rows_of(level, nodes_[i]) == 0) {
      empty_.push_back({keys_[i], all_rows_of(level, nodes_[i])});
      continue;
    }
    keys_[kept] = keys_[i];
    nodes_[kept++] = nodes_[i];
  }
  keys_.resize(kept);
  nodes_.resize(kept);
}

// Guesses, from some of the keys, a key that about `wanted` nodes stay within: it errs on the large side, and if it is
// too small the caller asks for more nodes.
float LeafRanking::promising_key(std::size_t wanted) {
  const std::size_t stride = keys_.size() / kGuessedFrom;
  if (stride < 2 || 2 * wanted >= keys_.size()) return std::numeric_limits<float>::infinity();
  sampled_keys_.clear();
  for (std::size_t i = 0; i < keys_.size(); i += stride) sampled_keys_.push_back(keys_[i]);
  const std::size_t fraction = wanted * sampled_keys_.size() / keys_.size();
  const auto place =
      sampled_keys_.begin() + static_cast<std::ptrdiff_t>(std::min(fraction * 5 / 4 + 2, sampled_keys_.size() - 1));
  std::nth_element(sampled_keys_.begin(), place, sampled_keys_.end(), NanLast{});
  return *place;
}

void LeafRanking::keep_below(float threshold) {
  ranked_.resize(keys_.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    ranked_[count] = Scored(keys_[i], nodes_[i]);
    count += keys_[i] <= threshold ? 1u : 0u;  // branchless: which nodes pass is unpredictable
  }
  ranked_.resize(count);
}

// Sorts the nearest nodes, as many as have `rows` rows together, to the front; returns how many, or nullopt if all of
// them have fewer. Sorting all that passed took longer.
std::optional<std::size_t> LeafRanking::sort_nearest(std::size_t level, std::uint64_t rows, std::size_t guessed) {
  const auto place = [&](std::size_t index) { return ranked_.begin() + static_cast<std::ptrdiff_t>(index); };
  std::uint64_t sum = 0;
  for (std::size_t begin = 0; begin < ranked_.size();) {
    const std::size_t end = std::min(ranked_.size(), begin + guessed);
    if (end < ranked_.size()) std::nth_element(place(begin), place(end), ranked_.end());
    std::sort(place(begin), place(end));
    for (; begin < end; ++begin) {
      sum += rows_of(level, ranked_[begin].row());
      if (sum >= rows) return begin + 1;
    }
    guessed = guessed / 4 + 8;
  }
  return {};
}

// Keeps the nearest of the nodes with keys that have `rows` rows together; with `beyond`, also those after them, in any
// order.
void LeafRanking::keep_nearest(std::size_t level, std::uint64_t rows, bool beyond) {
  const std::uint64_t places = rows_before(level, layout_.levels[level].nodes());
  const std::uint64_t usual = std::max<std::uint64_t>(1, places / layout_.levels[level].nodes());
  const std::size_t guessed = std::min<std::uint64_t>(rows / usual, keys_.size()) * 9 / 8 + 4;
  for (std::size_t wanted = guessed + (beyond ? calibration::lists_beyond(guessed) : 0);; wanted *= 2) {
    const float threshold = promising_key(wanted);
    keep_below(threshold);
    const bool all = threshold == std::numeric_limits<float>::infinity();
    const std::optional<std::size_t> nearest = sort_nearest(level, rows, guessed);
    if (!nearest && !all) continue;
    nearest_ = nearest.value_or(ranked_.size());
    const std::size_t kept = nearest_ + (beyond ? calibration::lists_beyond(nearest_) : 0);
    if (kept > ranked_.size() && !all) continue;
    if (kept >= ranked_.size()) return;
    if (beyond)
      std::nth_element(ranked_.begin() + static_cast<std::ptrdiff_t>(nearest_),
                       ranked_.begin() + static_cast<std::ptrdiff_t>(kept), ranked_.end());
    ranked_.resize(kept);
    return;
  }
}

void LeafRanking::sort_beyond() {
  std::sort(leaves_.begin() + static_cast<std::ptrdiff_t>(nearest_), leaves_.end(),
            [](const LeafSpan& a, const LeafSpan& b) { return Scored(a.key, a.leaf) < Scored(b.key, b.leaf); });
}

const std::vector<LeafSpan>& LeafRanking::rank(const quantize::SketchQuery& query, std::uint64_t effort, bool beyond) {
  const std::size_t top = layout_.levels.size() - 1;
  keys_.clear();
  nodes_.clear();
  empty_.clear();
  add_keys(query, top, 0, layout_.levels[top].nodes());
  for (std::size_t level = top;; --level) {
    keep_nearest(level, level == 0 || effort > ~std::uint64_t{0} / kWiden ? effort : effort * kWiden,
                 beyond && level == 0);
    if (level == 0) break;
    keys_.clear();
    nodes_.clear();
    for (const Scored& group : ranked_)
      add_keys(query, level - 1, layout_.levels[level].firsts[group.row()],
               layout_.levels[level].firsts[group.row() + 1]);
  }
  leaves_.clear();
  for (const Scored& leaf : ranked_)
    leaves_.push_back(
        {layout_.levels[0].firsts[leaf.row()], layout_.levels[0].firsts[leaf.row() + 1], leaf.score(), leaf.row()});
  return leaves_;
}

}  // namespace nearabout::forest
