// Results: the same through tables of the caller, through own tables, and without a limit.
#include "index/results.h"

#include <limits>

#include "check.h"

using namespace nearabout;
using namespace nearabout::index;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct CallersTables {
  std::vector<std::int64_t> rows = std::vector<std::int64_t>(6, 77), efforts = std::vector<std::int64_t>(2, 77);
  std::vector<float> distances = std::vector<float>(6, 77.0f);
  std::vector<std::uint32_t> counts = std::vector<std::uint32_t>(2, 77), sought = std::vector<std::uint32_t>(2, 77);
  std::vector<std::uint8_t> flags = std::vector<std::uint8_t>(2, 77);

  ResultTables view() {
    return {3, rows.data(), distances.data(), counts.data(), efforts.data(), flags.data(), sought.data()};
  }
};

}  // namespace

TEST(callers_tables_are_filled_where_there_is_no_neighbour) {
  CallersTables tables;
  Results results(2, tables.view());
  results.append(1, 9, 0.5f);
  results.set_effort(1, 12);
  CHECK_EQUAL(tables.rows, std::vector<std::int64_t>{-1, -1, -1, 9, -1, -1});
  CHECK_EQUAL(tables.distances, std::vector<float>{kInfinity, kInfinity, kInfinity, 0.5f, kInfinity, kInfinity});
  CHECK_EQUAL(tables.counts, std::vector<std::uint32_t>{0, 1});
  CHECK_EQUAL(tables.efforts, std::vector<std::int64_t>{kEveryRow, 12});
  CHECK_EQUAL(tables.flags, std::vector<std::uint8_t>{0, 0});
  CHECK_EQUAL(tables.sought, std::vector<std::uint32_t>{0, 0});
}

TEST(neighbours_beyond_the_columns_are_dropped) {
  Results results(1, 2);
  for (std::uint32_t row = 0; row < 4; ++row) results.append(0, row, static_cast<float>(row));
  CHECK_EQUAL(results.at(0).rows, std::vector<std::uint32_t>{0, 1});
}

TEST(unlimited_results_keep_all_neighbours) {
  Results results = Results::unlimited(2);
  for (std::uint32_t row = 0; row < 1'000; ++row) results.append(1, row, static_cast<float>(row));
  CHECK_EQUAL(results.count(0), 0u);
  CHECK_EQUAL(results.count(1), 1'000u);
  CHECK_EQUAL(results.row(1, 999), 999u);
  CHECK_EQUAL(results.distance(1, 999), 999.0f);
}

TEST(replaced_results_leave_nothing_behind) {
  CallersTables tables;
  Results results(2, tables.view());
  for (std::uint32_t row = 0; row < 3; ++row) results.append(0, row, 1.0f);
  Results other(1, 1);
  other.append(0, 5, 2.0f);
  other.set_effort(0, 4);
  other.set_out_of_distribution(0, true);
  results.replace(0, other, 0);
  CHECK_EQUAL(tables.rows, std::vector<std::int64_t>{5, -1, -1, -1, -1, -1});
  CHECK_EQUAL(results.at(0).distances, std::vector<float>{2.0f});
  CHECK_EQUAL(results.effort(0), 4);
  CHECK(results.out_of_distribution(0));
  CHECK(!results.out_of_distribution(1));
}
