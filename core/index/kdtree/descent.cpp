#include "index/kdtree/descent.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace nearabout::kdtree {
namespace {

using kernels::kBlockRows;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

constexpr unsigned first_bits(std::size_t count) { return (1u << count) - 1; }

}  // namespace

Descent::Descent(const KdTreeLayout& layout) : layout_(layout), values_{}, stops_(layout.shape.levels()) {
  const kernels::BlockKernels& kernels = kernels::table().blocks;
  rows_kernel_ = layout.space.is_squared() ? kernels.squared : kernels.absolute;
  least_kernel_ = kernels.least;
  boxes_kernel_ = layout.space.is_squared() ? kernels.squared_boxes : kernels.absolute_boxes;
}

unsigned Descent::compare_boxes(const float* query, std::size_t level, std::size_t node, float limit, float* values) {
  ++work_.nodes;
  const float* const boxes = layout_.boxes_of(layout_.shape.first_node(level) + node);
  return boxes_kernel_(query, boxes, layout_.space.dims(), limit, values);
}

void Descent::open(const float* query, const AllowedLeaves* allowed, std::size_t level, std::size_t node) {
  Stop& stop = stops_[level];
  stop.first_child = node * kChildren;
  compare_boxes(query, level, node, kInfinity, stop.values.data());
  if (!allowed) return;
  for (unsigned none = ~allowed->children(level, node) & first_bits(kChildren); none != 0; none &= none - 1)
    stop.values[static_cast<unsigned>(std::countr_zero(none))] = kInfinity;
}

void Descent::look_at_leaf(const float* query, std::size_t leaf, const AllowedLeaves* allowed, Candidates& best) {
  ++work_.leaves;
  const TreeShape& shape = layout_.shape;
  for (std::size_t block = shape.first_block(leaf); block < shape.end_block(leaf); ++block) {
    const std::size_t first = block * kBlockRows;
    unsigned near = rows_kernel_(query, layout_.block(block), layout_.space.dims(), best.limit(), values_.data());
    if (shape.rows() - first < kBlockRows) near &= first_bits(shape.rows() - first);
    if (allowed) near &= allowed->rows(block);
    if (near != 0) layout_.rows->fetch(first * sizeof(std::uint32_t));
    for (; near != 0; near &= near - 1) {
      const auto row = static_cast<unsigned>(std::countr_zero(near));
      best.push(values_[row], static_cast<std::uint32_t>(first + row));
    }
  }
  work_.rows += (shape.end_block(leaf) - shape.first_block(leaf)) * kBlockRows;
}

void Descent::find_all(const float* query, const AllowedLeaves* allowed, Candidates& best) {
  constexpr unsigned kLastLane = 1u << (kChildren - 1);  // if a value is NaN, no lane is the least
  std::size_t level = stops_.size() - 1;
  open(query, allowed, level, 0);
  while (true) {
    Stop& stop = stops_[level];
    const auto lane = static_cast<unsigned>(std::countr_zero(least_kernel_(stop.values.data()) | kLastLane));
    const float value = stop.values[lane];
    if (!(value <= best.prune_limit() && value < kInfinity)) {
      if (++level == stops_.size()) return;
      continue;
    }
    stop.values[lane] = kInfinity;
    const std::size_t child = stop.first_child + lane;
    if (level == 0)
      look_at_leaf(query, child, allowed, best);
    else
      open(query, allowed, --level, child);
  }
}

void Descent::add_children(const float* query, std::size_t level, std::size_t node, float limit) {
  unsigned near = compare_boxes(query, level, node, limit, values_.data());
  for (near &= first_bits(layout_.shape.children(level, node)); near != 0; near &= near - 1) {
    const auto child = static_cast<std::uint32_t>(std::countr_zero(near));
    pending_.push_back(
        {values_[child], static_cast<std::uint32_t>(level), static_cast<std::uint32_t>(node * kChildren) + child});
    std::push_heap(pending_.begin(), pending_.end());
  }
}

void Descent::find_nearest(const float* query, std::size_t leaves, bool guarded, Candidates& best) {
  std::size_t visited = 0;
  each_nearest(query, best.limit(), [&](std::size_t leaf, float value) {
    // Leaves whose boxes the query is in may all hold copies of it, whatever is left of the effort. If there are
    // several, rows have equal coordinates, and calibration, which leaves out copies, says nothing of such a query.
    const bool is_inside = value <= 0;
    if (value > best.prune_limit() || (!is_inside && visited >= leaves && best.has_enough())) return false;
    if (guarded && is_inside && visited > 0) leaves = std::numeric_limits<std::size_t>::max();
    ++visited;
    look_at_leaf(query, leaf, nullptr, best);
    return true;
  });
}

}  // namespace nearabout::kdtree
