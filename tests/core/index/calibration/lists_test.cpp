// The recall profile of lists of codes for given queries agrees with searches for these queries, at every effort.
//
// It agrees approximately. A search keeps up to an eighth more lists and rows than its effort if that is less work than
// dropping them (max_kept), and is retried if the lists have fewer than k rows: so the profile may report less than a
// search finds, up to the recall of that many more lists.
#include <cmath>

#include "check.h"
#include "index/calibration/measure.h"
#include "index/fixtures.h"
#include "index/ivf/ivf.h"
#include "kernels/kernels.h"

using namespace nearabout;
using namespace nearabout::calibration;
using namespace nearabout::test;
using index::StoredIndex;
using metric::Metric;

namespace {

struct Case {
  Metric metric;
  Table base, queries;
  ivf::IvfOptions options;
};

void agrees_at(const Case& one, const StoredIndex& index, const std::vector<index::SearchResult>& truth,
               std::size_t k) {
  const double room = k == 10 ? 0.01 : 0.02;
  // recall@1 is smoothed using recall@10: less noise, but also less specific to these queries.
  const double steadied = k == 1 ? 0.06 : room;
  const std::size_t rows_of_list = one.base.rows() / index.searcher().effort().max;
  std::size_t compared = 0;
  const std::vector<CalibrationPoint>& points = index.searcher().calibration()->points;
  for (const CalibrationPoint& point : points) {
    const auto effort = static_cast<std::size_t>(point.effort);
    if (effort * rows_of_list < 5 * k && effort < index.searcher().effort().max) continue;  // may be asked again
    const double expected = index.searcher().expected(k, effort)->recall;
    // Nothing is reported for efforts between those measured: use the next one.
    const auto next = std::find_if(points.begin(), points.end(), [=](const CalibrationPoint& other) {
      return other.effort >= static_cast<double>(kernels::max_kept(effort));
    });
    const double more = index.searcher()
                            .expected(k, static_cast<std::size_t>(next == points.end() ? point.effort : next->effort))
                            ->recall;
    const double found = recall_of(index.searcher().search(one.queries.view(), request(k, effort, 2)), truth, k);
    if (found < expected - steadied || found > more + steadied)
      FAIL(name_of(one.metric), ", ", one.base.rows(), " x ", one.base.dims, ", k ", k, ", ", effort,
           " lists: ", expected, " to ", more, " expected, ", found, " found");
    ++compared;
  }
  CHECK(compared >= 3);
}

void agrees(const Case& one) {
  const index::ValidatedRows source(one.base.view(), Element::f32, one.metric, index::InvalidRows::refuse, 2, {});
  storage::Writer writer = storage::Writer::to_memory();
  const index::BuildOptions build{.threads = 2};
  ivf::write_ivf(writer, source, one.options, "{}", build, {});
  MeasureOptions options;
  options.queries = one.queries.values;
  measure(writer, source, options, build, {});
  const std::shared_ptr<const StoredIndex> index = StoredIndex::open(writer.finish());
  CHECK_EQUAL(index->searcher().calibration()->origin, Calibration::Origin::queries);
  CHECK(index->searcher().calibration()->queries == one.queries.rows() &&
        index->searcher().calibration()->points.size() > 3);

  storage::Writer plain = storage::Writer::to_memory();  // source of the truth
  ivf::write_ivf(plain, source, {.lists = 1}, "{}", build, {});
  const std::shared_ptr<const StoredIndex> exact = StoredIndex::open(plain.finish());
  for (const std::size_t k : kCalibratedK) agrees_at(one, *index, true_answers(*exact, one.queries, k), k);
}

TEST(profile_agrees_with_searches) {
  const Table base = clustered(4'000, 24, 1);
  const Table queries = clustered(200, 24, 2);
  for (const Metric metric : {Metric::euclidean, Metric::cosine, Metric::dot}) {
    agrees({metric, base, queries, {.lists = 60}});
    agrees({metric, base, queries, {.lists = 60, .keep_vectors = false}});
    agrees({metric, base, queries, {.lists = 60, .refine = false, .keep_vectors = false}});
  }
  agrees({Metric::sqeuclidean, base, queries, {.lists = 30, .code_bytes = 4, .code_bits = 1}});
  agrees({Metric::euclidean, clustered(5'000, 100, 3, 0.3f), clustered(150, 100, 4, 0.3f), {.lists = 100}});
  agrees({Metric::euclidean, clustered(3'001, 3, 5), clustered(200, 3, 6), {.lists = 60}});
  agrees({Metric::cosine, base, clustered(200, 24, 7, 0.1f), {.lists = 60}});  // unlike the rows
}

}  // namespace
