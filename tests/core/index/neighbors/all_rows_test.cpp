// Most of the true neighbours are found, with their exact distances, and the same ones by any number of threads.
#include "index/neighbors/all_rows.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "check.h"
#include "index/neighbors/descent.h"
#include "index/neighbors/leaf.h"
#include "points.h"

using namespace nearabout;
using namespace nearabout::test;
using metric::Metric;
using neighbors::AllRows;

namespace {

constexpr std::size_t kNearest = 10;

std::vector<index::SearchResult> found_by(const index::StoredIndex& index, std::size_t threads, int descents) {
  AllRows all(index, kNearest, 3, threads, {});
  all.add_leaves(2, 60, {});
  all.add_leaves(2, 120, {});
  for (int i = 0; i < descents; ++i) all.descend(8, {});
  std::vector<std::uint32_t> rows = all.order();
  std::sort(rows.begin(), rows.end());
  index::Results results(rows.size(), kNearest);
  all.compare(rows, {}, results);
  return results.all();
}

std::vector<index::SearchResult> true_neighbours(const index::StoredIndex& index) {
  std::vector<std::uint32_t> rows(index.rows());
  std::iota(rows.begin(), rows.end(), 0u);
  index::Results results(rows.size(), kNearest);
  index.searcher().search_rows(rows, false, exactly(kNearest), results);
  return results.all();
}

TEST(true_neighbours_are_found) {
  for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::cosine}) {
    const auto index = screened(clustered(4'000, 24, 3), metric);
    const auto truth = true_neighbours(*index);
    const auto leaves = found_by(*index, 2, 0);
    const auto descended = found_by(*index, 2, 1);
    CHECK(recall_of(leaves, truth, kNearest) >= 0.8);
    CHECK(recall_of(descended, truth, kNearest) >= 0.9);
    for (std::size_t row = 0; row < truth.size(); ++row)
      if (descended[row].rows == truth[row].rows) CHECK(descended[row].distances == truth[row].distances);
  }
}

TEST(the_number_of_threads_does_not_matter) {
  Table table = whole_numbers(3'000, 20, 3);  // with many ties
  for (std::size_t i = 0; i < 500; ++i) table.copy_row(i % 7, 1'000 + i);
  for (const Table& rows : {table, clustered(3'000, 24, 3)}) {
    const auto index = screened(rows, Metric::euclidean);
    const auto one = found_by(*index, 1, 1);
    for (const std::size_t threads : {2u, 5u}) CHECK(same(found_by(*index, threads, 1), one));
  }
}

TEST(neighbours_of_neighbours_are_those_one_by_one) {
  const auto index = screened(clustered(800, 24, 3), Metric::euclidean);
  const neighbors::BytePoints points = points_of(*index);
  constexpr std::size_t kKept = 12, kFollowed = 5;
  neighbors::NearLists lists(points.count(), kKept);
  std::vector<std::uint32_t> rows(points.count());
  std::iota(rows.begin(), rows.end(), 0u);
  neighbors::Leaf leaf(points, lists);
  for (std::size_t first = 0; first < rows.size(); first += 50) leaf.compare(std::span(rows).subspan(first, 50));
  const neighbors::NearLists found = neighbors::descended(points, lists, kFollowed, 2, {});
  for (const std::uint32_t row : rows) {
    std::vector<Scored> expected = kept(lists, row);
    for (const Scored near : lists.of(row).first(kFollowed))
      for (const Scored second : lists.of(near.row()).first(kFollowed))
        if (second.row() != row) expected.emplace_back(slow_score(points, row, second.row()), second.row());
    std::sort(expected.begin(), expected.end());
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    expected.resize(std::min(expected.size(), kKept));
    CHECK(kept(found, row) == expected);
  }
}

TEST(only_indexes_with_a_screen_are_served) {
  CHECK(AllRows::serves(*screened(clustered(1'000, 24, 3), Metric::cosine)));
  CHECK(!AllRows::serves(*screened(clustered(100, 24, 3), Metric::cosine)));
  CHECK(!AllRows::serves(*screened(clustered(1'000, 24, 3), Metric::dot)));
  CHECK(!AllRows::serves(*screened(clustered(1'000, 24, 3), Metric::manhattan)));
  const auto index = screened(clustered(100, 24, 3), Metric::cosine);
  CHECK_THROWS(AllRows(*index, 5, 0, 1, {}), InvalidInputError);
}

}  // namespace
