// Compares the expected rows within a distance with the normal distribution in double; checks the limits that most
// queries stay below, the summary of residuals, and the section of the file.
#include "index/calibration/guard.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "index/calibration/residuals.h"
#include "storage/writer.h"

using namespace nearabout;
using namespace nearabout::calibration;

namespace {

// Groups of rows around centroids at all distances.
struct Groups {
  std::vector<float> medians, variances, far_rows, far_medians;
  std::vector<std::uint32_t> sizes;
  std::vector<RankedList> lists;

  std::vector<GroupResiduals> residuals() const {
    std::vector<float> columns;
    for (const std::vector<float>* column : {&medians, &variances, &far_rows, &far_medians})
      columns.insert(columns.end(), column->begin(), column->end());
    return residuals_of(columns, sizes);
  }
};

Groups made(std::size_t count, unsigned seed, bool far) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform;
  Groups groups;
  for (std::uint32_t i = 0; i < count; ++i) {
    groups.medians.push_back(0.5f + uniform(random));
    groups.variances.push_back(0.1f * uniform(random));
    groups.sizes.push_back(static_cast<std::uint32_t>(50 + random() % 400));
    groups.far_rows.push_back(far ? static_cast<float>(random() % 5) : 0.0f);
    groups.far_medians.push_back(10 * uniform(random));
    groups.lists.push_back({-3 + 6 * uniform(random), i});
  }
  return groups;
}

double beyond(double room, double variance) {
  return variance > 0 ? 0.5 * std::erfc(room / std::sqrt(2 * variance)) : room < 0 ? 1 : 0;
}

double by_the_formula(const Groups& groups, double lambda, double threshold, double square) {
  double sum = 0;
  for (const RankedList& list : groups.lists) {
    const double median = double{groups.medians[list.list]};
    const double distance = double{list.distance};
    const double away = std::max(distance + square, 0.0);
    const double far_rows = double{groups.far_rows[list.list]};
    const double far = double{groups.far_medians[list.list]};
    const double variance = double{groups.variances[list.list]} + 4 * lambda * away * median;
    sum += (groups.sizes[list.list] - far_rows) * (1 - beyond(threshold - distance - median, variance));
    sum += far_rows * (1 - beyond(threshold - distance - far, away * far));
  }
  return sum;
}

// If fewer than a hundredth of a row is expected, the exact number does not matter.
TEST(expected_rows_follow_the_normal_distribution) {
  for (const unsigned seed : {1u, 2u, 3u, 4u, 5u})
    for (const bool far : {false, true})
      for (const double lambda : {0.25, 0.05, 0.01}) {
        const Groups groups = made(200, seed, far);
        const std::vector<GroupResiduals> residuals = groups.residuals();
        double before = 0;
        for (float threshold = -4; threshold < 12; threshold += 0.05f) {
          const double estimated = expected_rows(residuals, lambda, groups.lists, threshold, 3);
          const double right = by_the_formula(groups, lambda, double{threshold}, 3);
          CHECK(estimated >= before);
          before = estimated;
          if (right < 0.01) {
            CHECK(estimated < 0.02);
            continue;
          }
          const bool near = std::abs(estimated / right - 1) < (right < 1 ? 0.35 : 0.12);
          if (!near)
            FAIL("seed ", seed, ", lambda ", lambda, ", threshold ", threshold, ": ", estimated, " rows for ", right);
        }
      }
}

// One group: the tail of the distribution, as far as rows are expected there.
TEST(limit_of_one_group) {
  const GroupResiduals bell{2, 1, 0, 0, 1'000};
  const GroupResiduals alike{2, 0, 0, 0, 1'000};
  const RankedList list{0, 0};
  double before = 0;
  for (float threshold = -5; threshold < 9; threshold += 0.01f) {
    const double estimated = expected_rows({&bell, 1}, 0, {&list, 1}, threshold, 0);
    const double right = 1'000 * beyond(2 - double{threshold}, 1);
    CHECK(estimated >= before);
    CHECK(std::abs(estimated - right) < 35);
    if (right > 0.01) CHECK(std::abs(estimated / right - 1) < 0.12);
    before = estimated;
  }
  // Rows all at one distance are either all within it or not.
  CHECK_EQUAL(expected_rows({&alike, 1}, 0, {&list, 1}, 2.5f, 0), 1'000);
  CHECK(expected_rows({&alike, 1}, 0, {&list, 1}, 1.5f, 0) < 1e-9);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  CHECK_EQUAL(expected_rows({&bell, 1}, 0.1, {&list, 1}, kInfinity, 0), 1'000);
  CHECK_EQUAL(expected_rows({&bell, 1}, 0.1, {}, kInfinity, 0), 0);
}

TEST(limits_are_what_most_stay_below) {
  Guard guard;
  CHECK_EQUAL(guard.limit(10, 5, 0.9), std::numeric_limits<double>::infinity());
  guard.add(3, {});
  CHECK(guard.limits.empty());
  std::vector<std::array<float, 3>> misses;
  for (int i = 0; i <= 100; ++i) {
    const float part = static_cast<float>((37 * i) % 101) / 100;  // in another order
    misses.push_back({0.1f * part, 1 * part, 10 * part});
  }
  guard.add(4, misses);
  for (std::array<float, 3>& each : misses)
    for (float& number : each) number /= 2;
  guard.add(8, misses);
  CHECK(guard.limits.size() == 2 && guard.limits[0].effort == 4);
  CHECK(std::abs(guard.limits[0].misses[1] - 0.97) < 1e-6 && std::abs(guard.limits[1].misses[2] - 4.85) < 1e-6);

  const auto near = [](double one, double other) { return std::abs(one / other - 1) < 1e-6; };
  CHECK(near(guard.limit(10, 4, 0.95), 0.97) && near(guard.limit(10, 7, 0.95), 0.97 - 0.75 * 0.485));
  CHECK(near(guard.limit(10, 8, 0.95), 0.485) && near(guard.limit(10, 1'000, 0.95), 0.485));
  CHECK(near(guard.limit(10, 1, 0.95), 0.97));  // below the measured efforts
  CHECK(near(guard.limit(30, 4, 0.95), 0.97 * std::pow(10, std::log10(3.0))));
  CHECK(near(guard.limit(1'000, 4, 0.999), 9.7));  // beyond a hundred neighbours, the same as for a hundred
}

// Fewer than a tenth of what the recall allows is not worth searching for.
TEST(limits_stay_near_what_the_recall_allows) {
  Guard guard;
  guard.limits = {{2, {0, 1e-6, 1e-3}}, {4, {1'000, 1'000, 1'000}}};
  const auto near = [](double one, double other) { return std::abs(one - other) < 1e-9; };
  CHECK(near(guard.limit(1, 2, 0.9), 0.01) && near(guard.limit(10, 2, 0.9), 0.1));
  CHECK(near(guard.limit(100, 2, 0.9), 1) && near(guard.limit(100, 2, 0.99), 0.1));
  CHECK(std::abs(guard.limit(10, 4, 1) - 1'000) < 1e-6);
}

// A few queries far from all others are no evidence for others like them.
TEST(queries_that_are_nearly_alone_widen_no_range) {
  std::vector<std::array<double, 2>> queries;
  for (int i = 0; i < 376; ++i) queries.push_back({1 + 0.001 * i, 9});
  for (int i = 0; i < 8; ++i) queries.push_back({400.0 + i, 9});
  Guard guard;
  guard.see(queries);
  CHECK(guard.nearest_range[0] == 1 && std::abs(guard.nearest_range[1] - 1.375) < 1e-12);
  CHECK(guard.has_seen(1.2, 9) && !guard.has_seen(403, 9));
  for (int i = 0; i < 8; ++i) queries.push_back({410.0 + i, 9});  // one in 24
  guard.see(queries);
  CHECK(guard.nearest_range[1] == 417 && guard.has_seen(403, 9));
  guard.see(std::vector<std::array<double, 2>>{{1, 1}, {100, 1}});  // no two are alike
  CHECK(guard.nearest_range[0] == 1 && guard.nearest_range[1] == 100);
}

TEST(round_trip) {
  Guard guard;
  guard.limits = {{2, {0, 0.5, 3}}, {7, {0.25, 1e200, 8}}};
  CHECK(guard.has_seen(0, 1e9));  // nothing is known
  guard.see(std::vector<std::array<double, 2>>{{3, 5}, {2, 7}});
  CHECK(guard.has_seen(2.5, 6) && !guard.has_seen(1.9, 6) && !guard.has_seen(3.1, 6) && !guard.has_seen(2.5, 7.1));
  storage::Writer writer = storage::Writer::to_memory();
  write_guard(writer, guard);
  Guard read;
  read_guard(*writer.finish(), read);
  CHECK_EQUAL(read.limits.size(), 2);
  CHECK(read.nearest_range == guard.nearest_range && read.square_range == guard.square_range);
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(read.limits[i].effort == guard.limits[i].effort && read.limits[i].misses == guard.limits[i].misses);
  Guard none;
  read_guard(*storage::Writer::to_memory().finish(), none);
  CHECK(none.limits.empty());
  storage::Writer empty = storage::Writer::to_memory();
  write_guard(empty, none);
  read_guard(*empty.finish(), none);
  CHECK(none.limits.empty());
}

TEST(invalid_limit_is_refused) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (std::size_t place = 0; place < 4; ++place)
    for (const double wrong : {kNan, kInfinity, -1.0, -kInfinity}) {
      std::vector<double> numbers{0, 9, 0, 9, 4, 0.25, 1, 2};
      numbers[4 + place] = wrong;
      storage::Writer writer = storage::Writer::to_memory();
      writer.add<double>(storage::SectionId::guard, {2, 4}, numbers);
      const auto file = writer.finish();
      Guard guard;
      CHECK_THROWS(read_guard(*file, guard), CorruptFileError);
    }
  storage::Writer writer = storage::Writer::to_memory();
  writer.add<double>(storage::SectionId::guard, {2, 3}, std::vector<double>{1, 2, 3, 4, 5, 6});
  const auto file = writer.finish();
  Guard guard;
  CHECK_THROWS(read_guard(*file, guard), CorruptFileError);
}

// Most rows are normally distributed around the median; a few far ones do not widen it, and are counted separately.
TEST(residuals_are_summarized) {
  std::mt19937 random(9);
  std::normal_distribution<float> bell(100, 4);
  std::vector<float> rows(2'000);
  for (float& row : rows) row = bell(random);
  std::vector<float> some = rows;
  const ResidualSummary alone = summarize_residuals(some);
  CHECK(std::abs(alone.median - 100) < 0.5f && std::abs(alone.variance - 16) < 2);
  CHECK(alone.far_rows == 0 && alone.far_median == 0);
  some = rows;
  for (int i = 0; i < 5; ++i) some.push_back(1'000.0f + static_cast<float>(i));
  const ResidualSummary more = summarize_residuals(some);
  CHECK(more.far_rows == 5 && more.far_median == 1'002);
  CHECK(std::abs(more.median - alone.median) < 0.1f && std::abs(more.variance - alone.variance) < 0.5f);

  some.clear();
  CHECK(summarize_residuals(some).median == 0 && summarize_residuals(some).far_rows == 0);
  some = {3};
  CHECK(summarize_residuals(some).median == 3 && summarize_residuals(some).variance == 0);
  some.assign(10, 0.0f);  // copies of their centroid, and one other row
  some.push_back(7);
  CHECK(summarize_residuals(some).far_rows == 1 && summarize_residuals(some).far_median == 7);
  some.assign(9, std::numeric_limits<float>::infinity());
  CHECK(std::isfinite(summarize_residuals(some).median));
}

}  // namespace
