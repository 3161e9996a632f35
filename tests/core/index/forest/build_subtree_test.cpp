// A tree: every row once, leaves no larger than the limit, branches that are consistent.
#include "index/forest/build_subtree.h"

#include "check.h"
#include "index/forest/codes.h"

using namespace nearabout;
using namespace nearabout::forest;
using namespace nearabout::test;

namespace {

// Checks the branch at `place` and all below it; returns the place after them.
std::size_t check_branch(const BuiltSubtree& tree, std::size_t place, std::uint64_t begin, std::uint64_t end,
                         std::size_t leaf_size) {
  const Branch& branch = tree.branches[place];
  CHECK(branch.begin == begin && branch.end == end);
  CHECK_EQUAL(branch.leaf(), (branch.rows() <= leaf_size));
  if (branch.leaf()) return place + 1;
  const std::uint64_t middle = tree.branches[place + 1].end;
  const std::uint64_t least = std::max<std::uint64_t>(1, branch.rows() / 16);
  CHECK(middle - begin >= least && end - middle >= least);
  const std::size_t right = check_branch(tree, place + 1, begin, middle, leaf_size);
  const std::size_t next = check_branch(tree, right, middle, end, leaf_size);
  CHECK_EQUAL(next - place, branch.skip);
  return next;
}

BuiltSubtree grown(const CodeTable& table, std::size_t leaf_size, std::uint64_t seed, std::size_t threads) {
  return build_subtree(table.codes(), table.rows(), 0, uneven_grid(table.width), leaf_size, seed, threads, {});
}

void check_tree(const BuiltSubtree& tree, std::size_t rows, std::size_t leaf_size) {
  CHECK(is_permutation(tree.order, rows));
  CHECK(!tree.branches.empty() && tree.branches[0].skip == tree.branches.size());
  CHECK_EQUAL(check_branch(tree, 0, 0, rows, leaf_size), tree.branches.size());
}

bool same(const BuiltSubtree& left, const BuiltSubtree& right) {
  return left.order == right.order && std::equal(left.branches.begin(), left.branches.end(), right.branches.begin(),
                                                 right.branches.end(), [](const Branch& one, const Branch& other) {
                                                   return one.begin == other.begin && one.end == other.end &&
                                                          one.skip == other.skip;
                                                 });
}

TEST(every_row_is_in_one_leaf) {
  for (const std::size_t rows : {1u, 2u, 3u, 47u, 48u, 49u, 500u, 4'096u, 4'097u, 9'000u})
    for (const std::size_t leaf_size : {1u, 3u, 48u, 1'000'000u})
      check_tree(grown(random_codes(rows, 9, 255, 1), leaf_size, rows, 2), rows, leaf_size);
}

TEST(equal_rows_are_shared_out_as_well) {
  for (const unsigned levels : {1u, 2u})
    for (const std::size_t width : {1u, 3u})  // at most eight different rows
      for (const std::size_t leaf_size : {1u, 16u})
        check_tree(grown(random_codes(6'000, width, levels, 5), leaf_size, 1, 2), 6'000, leaf_size);
  check_tree(grown(clustered_codes(6'000, 16, 9, 6), 20, 2, 2), 6'000, 20);
}

TEST(threads_grow_the_same_tree) {
  const CodeTable table = clustered_codes(40'000, 12, 40, 7);  // large enough to be divided into tasks
  const BuiltSubtree one = grown(table, 30, 11, 1);
  check_tree(one, 40'000, 30);
  for (const std::size_t threads : {2u, 3u, 4u}) CHECK(same(grown(table, 30, 11, threads), one));
  CHECK(!same(grown(table, 30, 12, 1), one));  // another seed
}

// As a part of a larger tree, with that tree's random numbers.
TEST(a_part_knows_its_place) {
  const CodeTable table = clustered_codes(6'000, 12, 20, 8);
  const BuiltSubtree part = build_subtree(table.codes(), 6'000, 70'000, uneven_grid(12), 25, 3, 2, {});
  CHECK(is_permutation(part.order, 6'000));
  const std::uint64_t begin = part.branches[0].begin;
  CHECK_EQUAL(begin, 70'000);
  CHECK_EQUAL(check_branch(part, 0, begin, begin + 6'000, 25), part.branches.size());
  CHECK(!same(part, grown(table, 25, 3, 2)));
}

}  // namespace
