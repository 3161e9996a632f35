// Trees over more rows than one part holds: every row once, with its own code and offset, and the same tree in memory
// and in scratch files, for any number of threads.
#include "index/forest/build_tree.h"

#include <filesystem>

#include "check.h"
#include "index/forest/codes.h"
#include "index/forest/partition.h"

using namespace nearabout;
using namespace nearabout::forest;
using namespace nearabout::test;

namespace {

struct Content {
  std::vector<std::uint8_t> codes;
  std::vector<float> offsets;
  std::vector<std::uint32_t> numbers;
};

Content content_of(const SketchStore& store) {
  SketchStore::Buffers buffers;
  const SketchedRows rows = store.read(0, store.rows(), buffers);
  return {{rows.codes, rows.codes + store.rows() * store.width()},
          {rows.offsets, rows.offsets + store.rows()},
          {rows.numbers, rows.numbers + store.rows()}};
}

bool same(const Tree& left, const Tree& right) {
  const Content one = content_of(left.rows);
  const Content other = content_of(right.rows);
  return one.codes == other.codes && one.offsets == other.offsets && one.numbers == other.numbers &&
         std::equal(
             left.branches.begin(), left.branches.end(), right.branches.begin(), right.branches.end(),
             [](const Branch& a, const Branch& b) { return a.begin == b.begin && a.end == b.end && a.skip == b.skip; });
}

// Returns the place after a branch: two adjacent halves, or a leaf.
std::size_t check_branch(const Tree& tree, std::size_t place, std::uint64_t begin, std::uint64_t end,
                         std::size_t leaf_size) {
  const Branch& branch = tree.branches[place];
  CHECK(branch.begin == begin && branch.end == end && begin < end);
  if (branch.leaf()) {
    CHECK(branch.rows() <= leaf_size);
    return place + 1;
  }
  const std::uint64_t middle = tree.branches[place + 1].end;
  const std::size_t next =
      check_branch(tree, check_branch(tree, place + 1, begin, middle, leaf_size), middle, end, leaf_size);
  CHECK_EQUAL(next - place, branch.skip);
  return next;
}

void check_tree(const Tree& tree, const CodeTable& table, std::size_t leaf_size) {
  CHECK_EQUAL(tree.rows.rows(), table.rows());
  CHECK_EQUAL(check_branch(tree, 0, 0, table.rows(), leaf_size), tree.branches.size());
  const Content content = content_of(tree.rows);
  CHECK(is_permutation(content.numbers, table.rows()));
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const std::uint32_t number = content.numbers[i];
    CHECK_EQUAL(content.offsets[i], static_cast<float>(number));
    CHECK(std::equal(table.codes().row(number), table.codes().row(number) + table.width,
                     content.codes.begin() + static_cast<std::ptrdiff_t>(i * table.width)));
  }
}

TEST(many_rows_are_the_same_tree_however_they_are_kept) {
  const std::string scratch = (std::filesystem::temp_directory_path() / "nearabout-plant-test.near").string();
  for (const std::size_t rows : {5'000u, 131'072u, 131'073u, 200'000u}) {
    const CodeTable table = clustered_codes(rows, 6, 50, 1);
    const quantize::Grid grid = uneven_grid(6);
    const Tree one = build_tree(stored(table), grid, 300, 5, 1, nullptr, {});
    check_tree(one, table, 300);
    CHECK(same(build_tree(stored(table), grid, 300, 5, 3, nullptr, {}), one));
    CHECK(same(build_tree(stored(table, &scratch), grid, 300, 5, 2, &scratch, {}), one));
    CHECK(!std::filesystem::exists(scratch));
  }
}

// Returns how many rows of a table each part gets.
std::vector<std::size_t> sizes_of_parts(const CodeTable& table) {
  const Partitioner router(stored(table), uneven_grid(table.width), 7, {});
  std::vector<std::size_t> sizes(router.parts());
  for (std::size_t i = 0; i < table.rows(); ++i)
    ++sizes[router.part_of(table.codes().row(i), static_cast<std::uint32_t>(i))];
  return sizes;
}

TEST(parts_are_of_a_size_that_fits) {
  CHECK_EQUAL(sizes_of_parts(random_codes(131'072, 4, 255, 3)), std::vector<std::size_t>{131'072});
  for (const std::size_t size : sizes_of_parts(random_codes(400'000, 4, 255, 4))) CHECK(size > 1'000 && size < 131'072);
  const std::vector<std::size_t> alike = sizes_of_parts(random_codes(400'000, 4, 1, 5));
  CHECK(alike.size() > 4);
  for (const std::size_t size : alike) CHECK(size > 400'000 / alike.size() / 2 && size < 131'072);
}

// No plane separates equal rows, but no part gets all of them.
TEST(equal_rows_are_routed_by_their_numbers) {
  const CodeTable table = random_codes(150'000, 3, 1, 2);
  const Tree tree = build_tree(stored(table), uneven_grid(3), 48, 1, 2, nullptr, {});
  check_tree(tree, table, 48);
  CHECK(same(build_tree(stored(table), uneven_grid(3), 48, 1, 1, nullptr, {}), tree));
}

}  // namespace
