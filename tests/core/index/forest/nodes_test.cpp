// Levels: each node's children follow those of the one before it, and no node extends into another tree. Centroids: the
// means of their rows.
#include "index/forest/nodes.h"

#include <cmath>

#include "check.h"
#include "index/calibration/calibration_queries.h"
#include "index/forest/codes.h"

using namespace nearabout;
using namespace nearabout::forest;
using namespace nearabout::test;
using quantize::Sketch;
using transform::CodeSpace;

namespace {

std::vector<Tree> forest_of(const CodeTable& table, std::size_t trees, std::size_t leaf_size) {
  std::vector<Tree> grown;
  for (std::size_t tree = 0; tree < trees; ++tree)
    grown.push_back(build_tree(stored(table), uneven_grid(table.width), leaf_size, tree, 2, nullptr, {}));
  return grown;
}

// Returns true if the range is a branch of one of the trees, counted through all of them.
bool is_branch(const std::vector<Tree>& trees, std::uint64_t rows, std::uint64_t begin, std::uint64_t end) {
  const Tree& tree = trees[begin / rows];
  const std::uint64_t first = begin / rows * rows;
  return std::any_of(tree.branches.begin(), tree.branches.end(),
                     [=](const Branch& branch) { return first + branch.begin == begin && first + branch.end == end; });
}

void check_levels(const std::vector<Tree>& trees, std::size_t rows) {
  const std::vector<Level> levels = levels_of(trees, rows);
  CHECK(!levels.empty() && levels.size() <= kMaxLevels);
  CHECK(levels.back().nodes() <= std::max<std::size_t>(2'048, trees.size()));
  std::size_t leaves = 0;
  for (const Tree& tree : trees)
    leaves += static_cast<std::size_t>(
        std::count_if(tree.branches.begin(), tree.branches.end(), [](const Branch& branch) { return branch.leaf(); }));
  CHECK_EQUAL(levels[0].nodes(), leaves);
  std::vector<std::uint64_t> places = levels[0].firsts;
  std::size_t below = trees.size() * rows;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const std::vector<std::uint64_t>& firsts = levels[level].firsts;
    CHECK(firsts.front() == 0 && firsts.back() == below);
    CHECK_EQUAL(std::adjacent_find(firsts.begin(), firsts.end(), std::greater_equal<>()), firsts.end());
    if (level > 0) {
      CHECK(levels[level - 1].nodes() > 2'048);  // otherwise grouping gains nothing
      for (std::size_t i = 0; i + 1 < firsts.size(); ++i) CHECK(firsts[i + 1] - firsts[i] <= 64 * 64);
      std::vector<std::uint64_t> own;
      for (const std::uint64_t first : firsts) own.push_back(places[first]);
      places.swap(own);
    }
    const std::size_t stride = std::max<std::size_t>(1, levels[level].nodes() / 200);
    for (std::size_t i = 0; i < levels[level].nodes(); i += stride)
      CHECK(is_branch(trees, rows, places[i], places[i + 1]));
    below = levels[level].nodes();
  }
}

TEST(levels_nest) {
  const CodeTable small = random_codes(700, 6, 255, 1);
  check_levels(forest_of(small, 1, 20), 700);
  check_levels(forest_of(small, 1, 1'000), 700);  // one leaf
  check_levels(forest_of(small, 9, 1), 700);
  check_levels(forest_of(random_codes(3, 2, 255, 2), 40, 2), 3);  // more trees than rows
  const CodeTable large = clustered_codes(9'000, 6, 30, 3);
  for (const std::size_t trees : {1u, 4u})
    for (const std::size_t leaf_size : {1u, 3u}) {
      const std::vector<Tree> forest = forest_of(large, trees, leaf_size);
      check_levels(forest, 9'000);
      CHECK(levels_of(forest, 9'000).size() > 1);
    }
}

// With more trees than a level should have nodes, each tree ends up as one node.
TEST(many_trees_of_many_leaves) {
  const CodeTable table = random_codes(100, 3, 255, 4);
  const std::vector<Tree> forest = forest_of(table, 1'000, 1);
  check_levels(forest, 100);
}

// The expected centroid of rows [begin, end) of a tree, summed slowly.
struct Expected {
  std::vector<double> means;
  double offset = 0;
};

// Returns the weights of a leaf's rows: held-out rows are excluded, unless there are no others; the others then count
// for them.
std::vector<double> weights_of(const SketchedRows& rows, std::size_t count, std::size_t all) {
  std::vector<double> weights;
  double drawn = 0;
  for (std::size_t i = 0; i < count; ++i) drawn += calibration::is_held_out(rows.numbers[i], all) ? 0 : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const bool left = drawn > 0 && calibration::is_held_out(rows.numbers[i], all);
    weights.push_back(left ? 0 : static_cast<double>(count) / (drawn > 0 ? drawn : static_cast<double>(count)));
  }
  return weights;
}

// Returns the centroid of rows [begin, end) of a tree, a range of whole leaves; `leaves` has the beginning of each, and
// the end.
Expected slow_centroid(const Tree& tree, const Sketch& sketch, std::uint64_t begin, std::uint64_t end,
                       const std::vector<std::uint64_t>& leaves) {
  SketchStore::Buffers buffers;
  std::vector<double> weights;
  for (std::size_t leaf = 0; leaf + 1 < leaves.size(); ++leaf) {
    if (leaves[leaf] < begin || leaves[leaf] >= end) continue;
    const std::uint64_t last = std::min(leaves[leaf + 1], end);
    const std::vector<double> own =
        weights_of(tree.rows.read(leaves[leaf], last, buffers), last - leaves[leaf], tree.rows.rows());
    weights.insert(weights.end(), own.begin(), own.end());
  }
  const SketchedRows rows = tree.rows.read(begin, end, buffers);
  const std::size_t width = sketch.width();
  const double count = static_cast<double>(end - begin);
  Expected expected{std::vector<double>(width), 0};
  for (std::size_t j = 0; j < width; ++j) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < end - begin; ++i) {
      const double code = rows.codes[i * width + j];
      sum += weights[i] * code;
      squares += weights[i] * code * code;
    }
    const double step = double{sketch.grid.step[j]};
    const double mean = sum / count;
    expected.means[j] = mean;
    const double value = double{sketch.grid.low[j]} + step * mean;
    expected.offset +=
        sketch.space() == CodeSpace::inner_product ? (mean * mean - squares / count) * step * step : value * value;
  }
  return expected;
}

// Checks that codes are within half a step of the mean for leaves and, for groups, within one more step per level, as
// means of rounded codes are; and that offsets are near those of the means themselves, to within a step in each
// coordinate.
void check_centroids(const std::vector<Tree>& trees, std::size_t rows, const Sketch& sketch) {
  const std::vector<Level> levels = levels_of(trees, rows);
  const Centroids centroids = centroids_of(trees, levels, sketch, 2);
  const Centroids alone = centroids_of(trees, levels, sketch, 1);
  CHECK(centroids.codes == alone.codes && centroids.offsets == alone.offsets);
  const std::size_t width = sketch.width();
  std::vector<std::uint64_t> places = levels[0].firsts;
  std::size_t node = 0;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    if (level > 0) {
      std::vector<std::uint64_t> own;
      for (const std::uint64_t first : levels[level].firsts) own.push_back(places[first]);
      places.swap(own);
    }
    for (std::size_t i = 0; i < levels[level].nodes(); ++i, ++node) {
      const std::uint64_t first = places[i] / rows * rows;
      std::vector<std::uint64_t> leaves;  // of this tree
      for (const std::uint64_t place : levels[0].firsts)
        if (place >= first && place <= first + rows) leaves.push_back(place - first);
      const Expected expected =
          slow_centroid(trees[places[i] / rows], sketch, places[i] - first, places[i + 1] - first, leaves);
      double room = 1e-4;
      for (std::size_t j = 0; j < width; ++j) {
        const double off = 0.5 + static_cast<double>(level) + 1e-9;
        CHECK(std::abs(centroids.codes[node * width + j] - expected.means[j]) <= off);
        const double step = double{sketch.grid.step[j]};
        const double value = double{sketch.grid.low[j]} + step * expected.means[j];
        room += sketch.space() == CodeSpace::inner_product ? 1.5 * static_cast<double>(level) * step * step
                                                           : off * step * (2 * std::abs(value) + off * step);
      }
      CHECK(std::abs(double{centroids.offsets[node]} - expected.offset) <= room);
    }
  }
  CHECK(centroids.offsets.size() == node && centroids.codes.size() == node * width);
}

TEST(centroids_are_means) {
  const CodeTable large = clustered_codes(9'000, 10, 30, 5);
  const CodeTable small = random_codes(900, 10, 255, 6);
  for (const CodeSpace space : {CodeSpace::l2, CodeSpace::cosine, CodeSpace::inner_product}) {
    Sketch sketch;
    sketch.transform = transform::MetricTransform(space, 10, 1, 1);
    sketch.grid = uneven_grid(10);
    check_centroids(forest_of(large, 2, 3), 9'000, sketch);  // with groups
    check_centroids(forest_of(small, 3, 900), 900, sketch);  // one leaf each
  }
}

TEST(the_largest_codes_do_not_overflow) {
  const CodeTable table{std::vector<std::uint8_t>(4'096 * 4, 255), 4};
  Sketch sketch;
  sketch.transform = transform::MetricTransform(CodeSpace::inner_product, 4, 1, 1);
  sketch.grid = uneven_grid(4);
  const std::vector<Tree> trees = forest_of(table, 1, 4'096);
  const Centroids centroids = centroids_of(trees, levels_of(trees, 4'096), sketch, 1);
  CHECK_EQUAL(centroids.codes, std::vector<std::uint8_t>(4, 255));
  CHECK_EQUAL(centroids.offsets, std::vector<float>(1, 0.0f));
}

}  // namespace
