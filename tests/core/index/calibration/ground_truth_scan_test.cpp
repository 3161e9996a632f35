// Compares the one pass that finds true neighbours with every distance in double: sizes of all kinds, ties, copies,
// numbers that bytes represent badly, blocks and threads.
#include "index/calibration/ground_truth_scan.h"

#include <cmath>

#include "check.h"
#include "index/calibration/calibration_queries.h"
#include "index/fixtures.h"
#include "slow.h"
#include "transform/fit_metric_transform.h"

using namespace nearabout;
using namespace nearabout::calibration;
using namespace nearabout::test;
using transform::CodeSpace;

namespace {

using Rows = std::vector<std::uint32_t>;
constexpr double kSame = 1e-6;  // relative squared distance below which a row is a copy

// Returns neighbours by distance, ties by row.
Rows nearest_of(const Table& base, const float* query, std::size_t k, const std::uint32_t* own) {
  std::vector<std::pair<double, std::uint32_t>> all;
  for (std::uint32_t row = 0; row < base.rows(); ++row) {
    const double distance = slow_squared_distance(query, base.row(row), base.dims);
    const double squares =
        slow_product(query, query, base.dims) + slow_product(base.row(row), base.row(row), base.dims);
    if (own && (row == *own || distance <= kSame * squares)) continue;
    all.emplace_back(distance, row);
  }
  std::sort(all.begin(), all.end());
  Rows rows;
  for (std::size_t i = 0; i < std::min(k, all.size()); ++i) rows.push_back(all[i].second);
  return rows;
}

struct Way {
  std::size_t block;
  std::size_t threads;
};

std::vector<Rows> scanned(const Table& base, const Table& queries, std::size_t k, const Rows& own, Way way) {
  GroundTruthScan scan(queries.values, base.dims, k, own, way.threads);
  for (std::size_t begin = 0; begin < base.rows(); begin += way.block)
    scan.look_at(begin, base.row(begin), std::min(way.block, base.rows() - begin));
  std::vector<Rows> found(queries.rows());
  for (std::size_t i = 0; i < queries.rows(); ++i)
    for (const Neighbour& neighbour : scan.take(i)) found[i].push_back(neighbour.row);
  return found;
}

// Checks every row at its place; distances of whole numbers are exact.
void is_the_truth(const Table& base, const Table& queries, std::size_t k, const Rows& own = {}) {
  std::vector<Rows> expected;
  for (std::size_t i = 0; i < queries.rows(); ++i)
    expected.push_back(nearest_of(base, queries.row(i), k, own.empty() ? nullptr : &own[i]));
  for (const Way way :
       {Way{base.rows(), 1}, Way{base.rows(), 3}, Way{1'000, 3}, Way{GroundTruthScan::kGroupRows + 3, 1}, Way{37, 1},
        Way{base.rows() < 300 ? std::size_t{1} : 128, 2}}) {
    CASE(base.rows(), " x ", base.dims, ", ", queries.rows(), " queries, k ", k, ", blocks of ", way.block, ", ",
         way.threads, " threads");
    CHECK_EQUAL(scanned(base, queries, k, own, way), expected);
  }
}

TEST(sizes_of_all_kinds) {
  for (const std::size_t dims : {1u, 3u, 17u, 64u, 130u})
    for (const std::size_t rows : {1u, 2u, 31u, 128u, 129u, 1'037u}) {
      const Table base = whole_numbers(rows, dims, 1);
      for (const std::size_t count : {1u, 8u, 45u})
        for (const std::size_t k : {1u, 10u, 100u}) is_the_truth(base, whole_numbers(count, dims, 2), k);
    }
}

// Rows as queries, some with copies: neither the row nor a copy is a neighbour.
TEST(rows_and_their_copies) {
  for (const std::size_t dims : {3u, 17u, 64u}) {
    Table base = whole_numbers(900, dims, 3);
    for (std::size_t i = 300; i < 900; i += 2) base.copy_row(i % 7, i);
    Table queries{{}, dims};
    Rows own;
    for (std::uint32_t row = 0; row < 900; row += 11) {
      own.push_back(row);
      queries.values.insert(queries.values.end(), base.row(row), base.row(row) + dims);
    }
    for (const std::size_t k : {1u, 10u, 100u}) {
      is_the_truth(base, queries, k, own);
      is_the_truth(base, queries, k);  // a user's query may be a row
    }
  }
}

TEST(all_rows_equal) {
  Table base = whole_numbers(400, 17, 4);
  for (std::size_t i = 1; i < 400; ++i) base.copy_row(0, i);
  Table queries = whole_numbers(9, 17, 5);
  queries.values.insert(queries.values.end(), base.row(0), base.row(1));
  is_the_truth(base, queries, 100);
  const Rows own(10, 7);
  for (std::size_t i = 0; i < 10; ++i) std::copy(base.row(0), base.row(1), queries.row(i));
  is_the_truth(base, queries, 100, own);
  CHECK(scanned(base, queries, 5, own, {400, 1})[3].empty());
}

// Bytes of such rows carry little or no information, so the bounds have to be wide.
TEST(rows_that_bytes_hold_badly_are_ranked) {
  Table huge = whole_numbers(700, 24, 6);
  Table asked = whole_numbers(20, 24, 7);
  for (std::size_t i = 0; i < 700; ++i) huge.row(i)[5] *= 4'096;
  for (std::size_t i = 0; i < 20; ++i) asked.row(i)[5] *= 4'096;
  for (const std::size_t k : {1u, 100u}) is_the_truth(huge, asked, k);
  Table zeros = whole_numbers(600, 12, 8);
  for (std::size_t i = 0; i < 600; i += 3) std::fill_n(zeros.row(i), 12, 0.0f);
  Table some = whole_numbers(20, 12, 9);
  std::fill_n(some.row(3), 12, 0.0f);
  for (const std::size_t k : {1u, 100u}) is_the_truth(zeros, some, k);
  for (float& value : zeros.values) value = 0;
  is_the_truth(zeros, some, 10);
}

// Returns the reduced distance by which results are ordered. Under cosine and dot in units of the lengths.
double rank_of(CodeSpace space, const float* query, const float* row, std::size_t dims) {
  if (space == CodeSpace::l2) return slow_squared_distance(query, row, dims);
  const double inner = -slow_product(query, row, dims);
  return space == CodeSpace::inner_product
             ? inner
             : inner / std::sqrt(slow_product(query, query, dims) * slow_product(row, row, dims));
}

// The transform rounds to floats, so that rows at nearly equal distances may swap: each is as near as the true one.
void is_nearly_the_truth(const Table& base, const Table& queries, CodeSpace space) {
  constexpr std::size_t kNeighbours = 20;
  const transform::MetricTransform transform =
      transform::fit_metric_transform(base.reader(), base.rows(), base.dims, space, 2);
  std::vector<Rows> before;
  for (const std::size_t threads : {1u, 3u}) {
    CalibrationQueries calibration_queries;
    calibration_queries.dims = base.dims;
    calibration_queries.vectors = queries.values;
    find_neighbours(calibration_queries, base.reader(), base.rows(), transform, {.threads = threads});
    CHECK(calibration_queries.nearest.size() == queries.rows() &&
          (before.empty() || before == calibration_queries.nearest));
    before = calibration_queries.nearest;
  }
  for (std::size_t i = 0; i < queries.rows(); ++i) {
    std::vector<double> rdists;
    double largest = 0;
    for (std::size_t row = 0; row < base.rows(); ++row) {
      rdists.push_back(rank_of(space, queries.row(i), base.row(row), base.dims));
      largest = std::max(largest, std::abs(rdists.back()));
    }
    CHECK_EQUAL(before[i].size(), std::min(kMaxNeighbours, base.rows()));
    CHECK_EQUAL(std::set<std::uint32_t>(before[i].begin(), before[i].end()).size(), before[i].size());
    std::vector<double> sorted = rdists;
    std::sort(sorted.begin(), sorted.end());
    double worst = 0;
    for (std::size_t n = 0; n < kNeighbours; ++n)
      worst = std::max(worst, std::abs(rdists[before[i][n]] - sorted[n]) / largest);
    if (!(worst <= 1e-5)) FAIL("space ", space, ": a rank is off by ", worst);
  }
}

TEST(numbers_of_any_size) {
  for (const float size : {1.0f, 1e-20f, 1e18f})
    for (const CodeSpace space : {CodeSpace::l2, CodeSpace::cosine, CodeSpace::inner_product}) {
      Table base = clustered(1'500, 30, 10);
      Table queries = clustered(40, 30, 11);
      for (float& value : base.values) value *= size;
      for (float& value : queries.values) value *= size;
      is_nearly_the_truth(base, queries, space);
    }
}

// A memory budget so small that rows come in many blocks.
TEST(a_budget_changes_nothing) {
  const Table base = whole_numbers(3'000, 40, 12);
  const transform::MetricTransform transform =
      transform::fit_metric_transform(base.reader(), base.rows(), base.dims, CodeSpace::l2, 1);
  CalibrationQueries wide = sample_calibration_queries({}, base.reader(), base.rows(), base.dims, 1);
  CalibrationQueries narrow = wide;
  find_neighbours(wide, base.reader(), base.rows(), transform, {.threads = 2});
  find_neighbours(narrow, base.reader(), base.rows(), transform, {.threads = 1, .memory = 1});
  CHECK_EQUAL(wide.nearest, narrow.nearest);
  for (std::size_t i = 0; i < wide.count(); i += 29)
    CHECK_EQUAL(wide.nearest[i], nearest_of(base, wide.vector(i), kMaxNeighbours, &wide.rows[i]));
}

}  // namespace
