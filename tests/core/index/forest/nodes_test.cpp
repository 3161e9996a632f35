// Levels: each node's children follow those of the one before it, and no node reaches into another tree. Centroids: the
// means of their rows.
#include "index/forest/nodes.h"

#include <cmath>
#include <cstdio>

#include "check.h"
#include "index/forest/codes.h"

using namespace nearabout;
using namespace nearabout::test;

namespace {

std::vector<Tree> forest_of(const CodeTable& table, std::size_t trees, std::size_t leaf_size) {
  std::vector<Tree> grown;
  for (std::size_t tree = 0; tree < trees; ++tree)
    grown.push_back(grow_tree(table.codes(), table.rows(), uneven_grid(table.width), leaf_size, tree, 2, {}));
  return grown;
}

// Where each branch of each tree begins and ends, counted through all of them.
bool is_branch(const std::vector<Tree>& trees, std::uint64_t rows, std::uint64_t begin, std::uint64_t end) {
  const Tree& tree = trees[begin / rows];
  const std::uint64_t first = begin / rows * rows;
  return std::any_of(tree.branches.begin(), tree.branches.end(),
                     [=](const Branch& branch) { return first + branch.begin == begin && first + branch.end == end; });
}

void check_levels(const std::vector<Tree>& trees, std::size_t rows) {
  const std::vector<Level> levels = levels_of(trees, rows);
  CHECK(!levels.empty() && levels.size() <= kMostLevels);
  CHECK(levels.back().nodes() <= std::max<std::size_t>(2'048, trees.size()));
  std::size_t leaves = 0;
  for (const Tree& tree : trees)
    leaves += static_cast<std::size_t>(
        std::count_if(tree.branches.begin(), tree.branches.end(), [](const Branch& branch) { return branch.leaf(); }));
  CHECK(levels[0].nodes() == leaves);
  std::vector<std::uint64_t> places = levels[0].firsts;
  std::size_t below = trees.size() * rows;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const std::vector<std::uint64_t>& firsts = levels[level].firsts;
    CHECK(firsts.front() == 0 && firsts.back() == below);
    CHECK(std::adjacent_find(firsts.begin(), firsts.end(), std::greater_equal<>()) == firsts.end());
    if (level > 0) {
      CHECK(levels[level - 1].nodes() > 2'048);  // or nothing is gained by grouping
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

void levels_nest() {
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

// Of more trees than a level is meant to have nodes, each is a node of its own at last.
void many_trees_of_many_leaves() {
  const CodeTable table = random_codes(100, 3, 255, 4);
  const std::vector<Tree> forest = forest_of(table, 1'000, 1);
  check_levels(forest, 100);
}

struct Expected {
  std::vector<double> means;
  double offset = 0;
};

Expected slow_centroid(const CodeTable& table, const Grid& grid, Space space, const std::vector<std::uint32_t>& rows) {
  Expected expected{std::vector<double>(table.width), 0};
  for (std::size_t j = 0; j < table.width; ++j) {
    double sum = 0;
    double squares = 0;
    for (const std::uint32_t row : rows) {
      const double code = table.codes().row(row)[j];
      sum += code;
      squares += code * code;
    }
    const double count = static_cast<double>(rows.size());
    const double step = double{grid.step[j]};
    const double mean = sum / count;
    expected.means[j] = mean;
    const double value = double{grid.low[j]} + step * std::floor(mean + 0.5);
    expected.offset += space == Space::inner ? (mean * mean - squares / count) * step * step : value * value;
  }
  return expected;
}

void centroids_are_means() {
  const CodeTable table = clustered_codes(12'000, 10, 5, 5);
  std::mt19937 random(6);
  for (const Space space : {Space::squared, Space::unit, Space::inner}) {
    Sketch sketch;
    sketch.space = space;
    sketch.grid = uneven_grid(10);
    Centroids centroids(sketch);
    for (const std::size_t count : {1u, 2u, 3u, 48u, 4'095u, 4'096u, 4'097u, 12'000u}) {
      std::vector<std::uint32_t> rows;
      for (std::size_t i = 0; i < count; ++i) rows.push_back(static_cast<std::uint32_t>(random() % 12'000));
      std::vector<std::uint8_t> code(10);
      float offset = 0;
      centroids.of(table.codes(), rows.data(), count, code.data(), &offset);
      const Expected expected = slow_centroid(table, sketch.grid, space, rows);
      for (std::size_t j = 0; j < 10; ++j) CHECK(std::abs(code[j] - expected.means[j]) <= 0.5 + 1e-9);
      CHECK(std::abs(double{offset} - expected.offset) <= 1e-6 * std::abs(expected.offset) + 1e-6);
    }
  }
}

// 32 bits hold the squares of 4,096 of the largest codes, and sums go on in double after that.
void the_largest_codes_do_not_overflow() {
  CodeTable table{std::vector<std::uint8_t>(20'000 * 4, 255), 4};
  Sketch sketch;
  sketch.space = Space::inner;
  sketch.grid = uneven_grid(4);
  std::vector<std::uint8_t> code(4);
  float offset = 1;
  Centroids(sketch).of(table.codes(), numbers_up_to(20'000).data(), 20'000, code.data(), &offset);
  CHECK(code == std::vector<std::uint8_t>(4, 255));
  CHECK(offset == 0);
}

}  // namespace

int main() {
  levels_nest();
  many_trees_of_many_leaves();
  centroids_are_means();
  the_largest_codes_do_not_overflow();
  return test::report("forest_nodes");
}
