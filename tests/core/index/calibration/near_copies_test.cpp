// Rows that are much nearer than a row's other neighbours are recognised as near copies, and no others.
#include "index/calibration/near_copies.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <vector>

#include "check.h"
#include "index/calibration/calibration_queries.h"
#include "index/fixtures.h"
#include "transform/fit_metric_transform.h"

using namespace nearabout;
using namespace nearabout::calibration;
using namespace nearabout::test;

namespace {

// Returns the distances of neighbours among rows spread evenly in `dims` dimensions: their volumes are evenly spread.
std::vector<double> spread_evenly(std::size_t count, double dims, std::mt19937& random) {
  std::exponential_distribution<double> gap;
  std::vector<double> distances;
  for (double volume = 0; distances.size() < count;) distances.push_back(std::pow(volume += gap(random), 1 / dims));
  return distances;
}

TEST(evenly_spread_rows_have_none) {
  std::mt19937 random(1);
  std::size_t told = 0;
  for (const double dims : {1.0, 2.0, 8.0, 30.0, 200.0})
    for (int i = 0; i < 2'000; ++i) told += count_near_copies(spread_evenly(128, dims, random)) > 0 ? 1u : 0u;
  std::printf("%zu of 10,000 rows without near copies were told to have some\n", told);
  CHECK(told <= 10);  // one in 1,000
}

TEST(a_group_is_found) {
  std::mt19937 random(2);
  for (const double dims : {8.0, 20.0, 60.0})
    for (const std::size_t copies : {1u, 2u, 5u, 12u, 24u})
      for (const double nearer : {0.01, 0.1}) {
        std::vector<double> distances = spread_evenly(128, dims, random);
        for (std::size_t i = 0; i < copies; ++i)
          distances.insert(distances.begin() + static_cast<std::ptrdiff_t>(i),
                           nearer * distances[i] * (1 + 0.01 * static_cast<double>(i)));
        std::sort(distances.begin(), distances.end());
        CHECK_EQUAL(count_near_copies(distances), copies);
      }
}

// More than 24 are not near copies any more, but a dense neighbourhood.
TEST(large_groups_are_neighbours) {
  std::mt19937 random(3);
  std::vector<double> distances = spread_evenly(128, 20, random);
  for (std::size_t i = 0; i < 25; ++i) distances.insert(distances.begin(), 0.01 * distances[25]);
  std::sort(distances.begin(), distances.end());
  CHECK_EQUAL(count_near_copies(distances), 0);
}

TEST(few_neighbours_give_no_answer) {
  std::mt19937 random(4);
  std::vector<double> distances = spread_evenly(100, 20, random);
  distances[0] *= 1e-3;
  CHECK_EQUAL(count_near_copies(distances), 1);
  CHECK_EQUAL(count_near_copies(std::span(distances).first(99)), 0);
  CHECK_EQUAL(count_near_copies({}), 0);
}

TEST(distances_of_zero) {
  std::mt19937 random(5);
  std::vector<double> distances = spread_evenly(128, 20, random);
  for (std::size_t i = 0; i < 4; ++i) distances[i] = 0;
  CHECK_EQUAL(count_near_copies(distances), 4);
  CHECK_EQUAL(count_near_copies(std::vector<double>(128, 0.0)), 0);
  CHECK_EQUAL(count_near_copies(std::vector<double>(128, 2.0)), 0);
  distances.back() = distances[99] = std::numeric_limits<double>::infinity();
  CHECK_EQUAL(count_near_copies(distances), 0);
}

// Near copies among calibration queries: for rows they are dropped from the neighbours and listed separately; for
// users' queries nothing is dropped.
TEST(calibration_queries_leave_them_out) {
  Table base = clustered(3'000, 24, 6);
  const std::vector<std::uint32_t> own = held_out_rows(base.rows());
  const std::uint32_t asked = own[7];
  const std::vector<std::uint32_t> near{20, 35, 50};
  for (const std::uint32_t row : near) {
    base.copy_row(asked, row);
    base.row(row)[3] += 0.001f * static_cast<float>(row);
  }
  const transform::MetricTransform transform =
      transform::fit_metric_transform(base.reader(), base.rows(), base.dims, transform::CodeSpace::l2, 1);
  CalibrationQueries calibration_queries = sample_calibration_queries({}, base.reader(), base.rows(), base.dims, 1);
  find_neighbours(calibration_queries, base.reader(), base.rows(), transform, {.threads = 2});
  CHECK(calibration_queries.rows[7] == asked && calibration_queries.near_copies[7] == near);
  for (const std::uint32_t row : near) CHECK(calibration_queries.is_near_copy(7, row));
  CHECK(!calibration_queries.is_near_copy(7, asked) && calibration_queries.nearest[7].size() == kMaxNeighbours);
  for (const std::uint32_t row : near)
    CHECK_EQUAL(std::find(calibration_queries.nearest[7].begin(), calibration_queries.nearest[7].end(), row),
                calibration_queries.nearest[7].end());
  CHECK(std::is_sorted(calibration_queries.squares[7].begin(), calibration_queries.squares[7].end()));

  const float* const vector = base.row(asked);
  CalibrationQueries given =
      sample_calibration_queries({.queries = {vector, vector + base.dims}}, base.reader(), base.rows(), base.dims, 1);
  find_neighbours(given, base.reader(), base.rows(), transform, {.threads = 2});
  CHECK(given.near_copies[0].empty() && given.nearest[0][0] == asked && given.nearest[0][1] == near[0]);
}

// Under inner products a few long rows are far nearer to all queries than others: they are neighbours.
TEST(long_rows_are_neighbours) {
  Table base = clustered(3'000, 24, 7);
  for (const std::size_t row : {100u, 200u, 300u})
    for (std::size_t j = 0; j < base.dims; ++j) base.row(row)[j] *= 50;
  const transform::MetricTransform transform =
      transform::fit_metric_transform(base.reader(), base.rows(), base.dims, transform::CodeSpace::inner_product, 1);
  CalibrationQueries calibration_queries = sample_calibration_queries({}, base.reader(), base.rows(), base.dims, 1);
  find_neighbours(calibration_queries, base.reader(), base.rows(), transform, {.threads = 2});
  std::size_t long_ones = 0;
  for (std::size_t i = 0; i < calibration_queries.count(); ++i) {
    CHECK(calibration_queries.near_copies[i].empty());
    const std::uint32_t first = calibration_queries.nearest[i][0];
    long_ones += first == 100 || first == 200 || first == 300 ? 1u : 0u;
  }
  CHECK(long_ones > calibration_queries.count() / 2);
}

std::vector<Neighbour> found(const std::vector<double>& rdists) {
  std::vector<Neighbour> neighbours;
  for (std::size_t i = 0; i < rdists.size(); ++i) neighbours.push_back({rdists[i], static_cast<std::uint32_t>(i)});
  return neighbours;
}

// If distances are equal any of the rows is correct; a row with many copies is no evidence.
TEST(ties_and_copies) {
  CalibrationQueries calibration_queries;
  calibration_queries.dims = 1;
  calibration_queries.vectors = {0, 0, 0};
  std::vector<double> rdists(100);
  for (std::size_t i = 0; i < 100; ++i) rdists[i] = i < 4 ? 1 : i < 8 ? 2 : i < 15 ? 3 : 4 + static_cast<double>(i);
  calibration_queries.take_found(0, found(rdists), 2, 0.25, 0);
  calibration_queries.take_found(1, found(rdists), 2, 1, kMaxCopies);
  calibration_queries.take_found(2, found(rdists), 2, 1, kMaxCopies + 1);
  CHECK(calibration_queries.count_as_near(0, 1) == 4 && calibration_queries.count_as_near(0, 10) == 15 &&
        calibration_queries.count_as_near(0, 100) == 100);
  CHECK_EQUAL(calibration_queries.count_as_near(0, 7), 7);  // was not measured
  CHECK(calibration_queries.squares[0][8] == 0.75 && calibration_queries.nearest[1].size() == 100);
  CHECK(calibration_queries.nearest[2].empty() && calibration_queries.count_as_near(2, 10) == 0);
}

}  // namespace
