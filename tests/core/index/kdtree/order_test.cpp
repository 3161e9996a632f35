// Rows in the order of a tree: each once, in a shape that follows from their number, the same for any threads.
#include "index/kdtree/order.h"

#include <algorithm>
#include <numeric>

#include "check.h"
#include "index/fixtures.h"
#include "index/kdtree/pack.h"

using namespace nearabout;
using namespace nearabout::test;

namespace {

TEST(shapes) {
  const kdtree::TreeShape none(0, 16);
  CHECK_EQUAL(none.leaves(), 0u);
  CHECK_EQUAL(none.levels(), 0u);
  const kdtree::TreeShape one(1, 16);
  CHECK_EQUAL(one.leaves(), 1u);
  CHECK_EQUAL(one.nodes(), 1u);
  CHECK_EQUAL(one.children(0, 0), 1u);
  const kdtree::TreeShape some(16 * 257 + 3, 16);  // 258 leaves under 17 nodes under 2 under the root
  CHECK_EQUAL(some.leaves(), 258u);
  CHECK_EQUAL(some.levels(), 3u);
  CHECK_EQUAL(some.nodes(), 20u);
  CHECK_EQUAL(some.first_node(2), 0u);
  CHECK_EQUAL(some.first_node(0), 3u);
  CHECK_EQUAL(some.children(0, 16), 2u);
  CHECK_EQUAL(some.children(1, 1), 1u);
  CHECK_EQUAL(some.end_block(257), 258u);
  const kdtree::TreeShape larger(100, 48);
  CHECK_EQUAL(larger.first_block(1), 3u);
  CHECK_EQUAL(larger.end_block(2), 7u);
}

TEST(each_row_is_in_one_leaf_whatever_the_threads) {
  for (const std::size_t rows : {1u, 16u, 17u, 300u, 5'000u}) {
    const Table table = clustered(rows, 3, 1);
    const kdtree::TreeShape shape(rows, 16);
    const std::vector<std::uint32_t> order = kdtree::order_rows(table.values, 3, shape, 1, {});
    CHECK(order == kdtree::order_rows(table.values, 3, shape, 3, {}));
    std::vector<std::uint32_t> sorted = order;
    std::sort(sorted.begin(), sorted.end());
    for (std::uint32_t row = 0; row < rows; ++row) CHECK_EQUAL(sorted[row], row);
    for (std::size_t leaf = 0; leaf < shape.leaves(); ++leaf) {
      const auto begin = order.begin() + static_cast<std::ptrdiff_t>(leaf * 16);
      CHECK(std::is_sorted(begin, order.begin() + static_cast<std::ptrdiff_t>(std::min(rows, leaf * 16 + 16))));
    }
  }
}

TEST(rows_along_a_line_stay_in_order) {
  Table line{std::vector<float>(1'000), 1};
  for (std::size_t i = 0; i < 1'000; ++i) line.values[i] = static_cast<float>((i * 7) % 1'000);
  const std::vector<std::uint32_t> order = kdtree::order_rows(line.values, 1, kdtree::TreeShape(1'000, 16), 1, {});
  for (std::size_t i = 0; i < 1'000; ++i) CHECK_EQUAL(static_cast<std::size_t>(line.values[order[i]]) / 16, i / 16);
}

TEST(equal_rows_are_divided_by_number) {
  const Table same{std::vector<float>(400, 3.5f), 2};
  const std::vector<std::uint32_t> order = kdtree::order_rows(same.values, 2, kdtree::TreeShape(200, 16), 1, {});
  for (std::uint32_t i = 0; i < 200; ++i) CHECK_EQUAL(order[i], i);
}

TEST(boxes_hold_what_is_below_them) {
  const Table table = clustered(700, 2, 1);
  const kdtree::TreeShape shape(700, 32);
  const std::vector<std::uint32_t> order = kdtree::order_rows(table.values, 2, shape, 1, {});
  const std::vector<float> blocks = kdtree::pack_points(table.values, 2, order, 1);
  CHECK_EQUAL(blocks.size(), 44u * 32u);
  CHECK_EQUAL(blocks[16 * 3 + 5], table.row(order[16 + 5])[1]);  // block 1, dimension 1, row 5
  const std::vector<float> boxes = kdtree::pack_boxes(blocks, 2, shape, 2);
  CHECK(boxes == kdtree::pack_boxes(blocks, 2, shape, 1));
  float low = table.row(0)[0], high = low;
  for (std::size_t i = 0; i < 700; ++i) {
    low = std::min(low, table.row(i)[0]);
    high = std::max(high, table.row(i)[0]);
  }
  const float* const root = boxes.data();
  CHECK_EQUAL(*std::min_element(root, root + shape.children(1, 0)), low);
  CHECK_EQUAL(*std::max_element(root + 16, root + 16 + shape.children(1, 0)), high);
}

}  // namespace
