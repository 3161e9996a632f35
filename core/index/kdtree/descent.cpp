#include "index/kdtree/descent.h"

#include <algorithm>
#include <bit>

namespace nearabout::kdtree {
namespace {

using kernels::kBlockRows;

constexpr unsigned first_bits(std::size_t count) { return (1u << count) - 1; }

float value_of(std::uint64_t child) { return std::bit_cast<float>(static_cast<std::uint32_t>(child >> 32)); }

// Removes the smallest of `count` numbers and returns it.
std::uint64_t take_least(std::uint64_t* numbers, std::size_t count) {
  std::size_t least = 0;
  for (std::size_t i = 1; i < count; ++i) least = numbers[i] < numbers[least] ? i : least;
  const std::uint64_t taken = numbers[least];
  numbers[least] = numbers[count - 1];
  return taken;
}

}  // namespace

Descent::Descent(const KdTreeLayout& layout) : layout_(layout), values_{}, stops_(layout.shape.levels()) {
  const kernels::BlockKernels& kernels = kernels::table().blocks;
  rows_kernel_ = layout.space.is_squared() ? kernels.squared : kernels.absolute;
  boxes_kernel_ = layout.space.is_squared() ? kernels.squared_boxes : kernels.absolute_boxes;
}

unsigned Descent::compare_boxes(const float* query, std::size_t level, std::size_t node, float limit) {
  ++work_.nodes;
  const float* const boxes = layout_.boxes_of(layout_.shape.first_node(level) + node);
  return boxes_kernel_(query, boxes, layout_.space.dims(), limit, values_.data()) &
         first_bits(layout_.shape.children(level, node));
}

void Descent::open(const float* query, const AllowedLeaves* allowed, std::size_t level, std::size_t node, float limit,
                   Stop& stop) {
  unsigned near = compare_boxes(query, level, node, limit);
  if (allowed) near &= allowed->children(level, node);
  stop.first_child = node * kChildren;
  stop.count = 0;
  for (; near != 0; near &= near - 1) {
    const auto child = static_cast<unsigned>(std::countr_zero(near));
    stop.children[stop.count++] = std::uint64_t{std::bit_cast<std::uint32_t>(values_[child])} << 32 | child;
  }
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
  std::size_t level = stops_.size() - 1;
  open(query, allowed, level, 0, best.prune_limit(), stops_[level]);
  while (true) {
    Stop& stop = stops_[level];
    if (stop.count == 0) {
      if (++level == stops_.size()) return;
      continue;
    }
    const std::uint64_t next = take_least(stop.children.data(), stop.count--);
    if (value_of(next) > best.prune_limit()) {
      stop.count = 0;
      continue;
    }
    const std::size_t child = stop.first_child + static_cast<std::uint32_t>(next);
    if (level == 0) {
      look_at_leaf(query, child, allowed, best);
    } else {
      --level;
      open(query, allowed, level, child, best.prune_limit(), stops_[level]);
    }
  }
}

void Descent::add_children(const float* query, std::size_t level, std::size_t node, float limit) {
  for (unsigned near = compare_boxes(query, level, node, limit); near != 0; near &= near - 1) {
    const auto child = static_cast<std::uint32_t>(std::countr_zero(near));
    pending_.push_back(
        {values_[child], static_cast<std::uint32_t>(level), static_cast<std::uint32_t>(node * kChildren) + child});
    std::push_heap(pending_.begin(), pending_.end());
  }
}

void Descent::find_nearest(const float* query, std::size_t leaves, Candidates& best) {
  std::size_t visited = 0;
  each_nearest(query, best.limit(), [&](std::size_t leaf, float value) {
    if (value > best.prune_limit() || (visited >= leaves && best.has_enough())) return false;
    ++visited;
    look_at_leaf(query, leaf, nullptr, best);
    return true;
  });
}

}  // namespace nearabout::kdtree
