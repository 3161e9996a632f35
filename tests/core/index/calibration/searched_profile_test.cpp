// The profiles that lists and forests have of their own agree with the profile of any kind, which searches at a ladder
// of efforts: at each effort they find no less than the next lower effort of the ladder, and no more than the next
// higher one, give or take a few hundredths.
#include "index/calibration/searched_profile.h"

#include <algorithm>
#include <numeric>

#include "check.h"
#include "index/calibration/measure.h"
#include "index/fixtures.h"
#include "index/forest/forest.h"
#include "index/ivf/ivf.h"
#include "transform/fit_metric_transform.h"

using namespace nearabout;
using namespace nearabout::calibration;
using namespace nearabout::test;
using metric::Metric;

namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

CalibrationQueries held_out_queries(const index::ValidatedRows& rows, Metric metric) {
  const transform::RowReader read = [&](std::size_t begin, std::size_t end, float* to) {
    rows.read_f32(begin, end, to);
  };
  CalibrationQueries queries = sample_calibration_queries({}, read, rows.rows(), rows.dims(), 1);
  const transform::MetricTransform transform =
      transform::fit_metric_transform(read, rows.rows(), rows.dims(), *transform::code_space_of(metric), 2);
  find_neighbours(queries, read, rows.rows(), transform, {.threads = 2});
  return queries;
}

// `rows_per_effort`: searches of fewer than 5 k rows may be repeated with more effort, so those are not compared.
void agrees(const index::Searcher& searcher, const CalibrationQueries& queries, std::size_t rows_per_effort) {
  const index::BuildOptions build{.threads = 2};
  const std::unique_ptr<RecallProfile> own = searcher.profile(queries, build, {});
  const SearchedProfile searched(searcher, queries, build, {});
  for (const std::size_t k : kCalibratedK) {
    const double room = (k == 1 ? 0.05 : 0.03) * static_cast<double>(k);
    std::size_t compared = 0;
    for (const std::size_t effort : own->efforts()) {
      const auto above = std::lower_bound(searched.efforts().begin(), searched.efforts().end(), effort);
      if (effort * rows_per_effort < 5 * k || above == searched.efforts().begin()) continue;
      const std::size_t high = above == searched.efforts().end() ? searched.efforts().back() : *above;
      const double found = mean(own->found(k, effort));
      const double least = mean(searched.found(k, *(above - 1)));
      const double most = mean(searched.found(k, high));
      if (found < least - room || found > most + room)
        FAIL("k ", k, ", effort ", effort, ": ", found, " found, ", least, " to ", most, " by searching");
      ++compared;
    }
    CHECK(compared >= 3);
  }
}

TEST(own_profiles_agree_with_searched_ones) {
  const Table base = clustered(6'000, 24, 1);
  for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
    const index::ValidatedRows rows(base.view(), Element::f32, metric, index::InvalidRows::refuse, 2, {});
    const CalibrationQueries queries = held_out_queries(rows, metric);
    const auto lists = built([&](storage::Writer& writer) {
      ivf::write_ivf(writer, rows, {.lists = 60}, "{}", {.threads = 2}, {});
      measure(writer, rows, {.calibrate = false}, {.threads = 2}, {});
    });
    agrees(lists->searcher(), queries, 100);
    const auto forest =
        built([&](storage::Writer& writer) { forest::write_forest(writer, rows, {}, "{}", {.threads = 2}, {}); });
    agrees(forest->searcher(), queries, 1);
  }
}

}  // namespace
