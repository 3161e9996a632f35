#include "index/kdtree/pack.h"

#include <algorithm>
#include <limits>

#include "base/threads.h"
#include "kernels/kernels.h"

namespace nearabout::kdtree {
namespace {

using kernels::kBlockRows;

constexpr std::size_t kBlocksAtOnce = 256;  // blocks or nodes of a task

// Puts the box around the rows of a leaf at place `child` of its node's boxes.
void put_leaf_box(const float* blocks, std::size_t count, std::size_t dims, float* boxes, std::size_t child) {
  for (std::size_t j = 0; j < dims; ++j) {
    float low = blocks[j * kBlockRows], high = low;
    for (std::size_t block = 0; block < count; ++block) {
      const float* const values = blocks + (block * dims + j) * kBlockRows;
      low = std::min(low, *std::min_element(values, values + kBlockRows));
      high = std::max(high, *std::max_element(values, values + kBlockRows));
    }
    boxes[2 * j * kBlockRows + child] = low;
    boxes[(2 * j + 1) * kBlockRows + child] = high;
  }
}

// Puts the box around the first `count` boxes of a node at place `child` of those of the node above.
void put_node_box(const float* inner, std::size_t count, std::size_t dims, float* boxes, std::size_t child) {
  for (std::size_t j = 0; j < dims; ++j) {
    const float* const lows = inner + 2 * j * kBlockRows;
    const float* const highs = lows + kBlockRows;
    boxes[2 * j * kBlockRows + child] = *std::min_element(lows, lows + count);
    boxes[(2 * j + 1) * kBlockRows + child] = *std::max_element(highs, highs + count);
  }
}

}  // namespace

std::vector<float> pack_points(const std::vector<float>& points, std::size_t dims,
                               const std::vector<std::uint32_t>& order, std::size_t threads) {
  const std::size_t count = (order.size() + kBlockRows - 1) / kBlockRows;
  std::vector<float> blocks(count * dims * kBlockRows);
  parallel_for(count, kBlocksAtOnce, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t block = begin; block < end; ++block)
      for (std::size_t r = 0; r < kBlockRows; ++r) {
        const std::size_t row = order[std::min(block * kBlockRows + r, order.size() - 1)];
        for (std::size_t j = 0; j < dims; ++j) blocks[(block * dims + j) * kBlockRows + r] = points[row * dims + j];
      }
  });
  return blocks;
}

std::vector<float> pack_boxes(const std::vector<float>& blocks, std::size_t dims, const TreeShape& shape,
                              std::size_t threads) {
  const std::size_t block = dims * kBlockRows;
  std::vector<float> boxes(shape.nodes() * 2 * block, std::numeric_limits<float>::infinity());
  for (std::size_t level = 0; level < shape.levels(); ++level)
    parallel_for(shape.nodes(level), kBlocksAtOnce / kChildren, threads,
                 [&](std::size_t begin, std::size_t end, std::size_t) {
                   for (std::size_t node = begin; node < end; ++node) {
                     float* const to = boxes.data() + (shape.first_node(level) + node) * 2 * block;
                     for (std::size_t child = 0; child < shape.children(level, node); ++child) {
                       const std::size_t below = node * kChildren + child;
                       if (level == 0)
                         put_leaf_box(blocks.data() + shape.first_block(below) * block,
                                      shape.end_block(below) - shape.first_block(below), dims, to, child);
                       else
                         put_node_box(boxes.data() + (shape.first_node(level - 1) + below) * 2 * block,
                                      shape.children(level - 1, below), dims, to, child);
                     }
                   }
                 });
  return boxes;
}

}  // namespace nearabout::kdtree
