// A forest's recall profile for given queries agrees with searches for these queries, at every effort.
//
// The leaves examined are known for each effort; the fraction of their rows that sketches find is measured at one
// effort and assumed to be the same at others, which holds within a hundredth or two. And recall@1 is smoothed using
// recall@10. If leaves of several trees are ranked in groups, a fast search goes deeper into those groups than a
// ranking of all leaves would, so the profile reports less than a search finds.
#include "index/forest/forest.h"

#include <cmath>

#include "check.h"
#include "index/calibration/measure.h"
#include "index/fixtures.h"

using namespace nearabout;
using namespace nearabout::calibration;
using namespace nearabout::test;
using metric::Metric;

namespace {

constexpr double kRoom = 0.02;

struct Case {
  Metric metric;
  Table base, queries;
  forest::ForestOptions options;
  std::size_t least_nodes = 0;  // beyond 2,048 leaves they are ranked in groups
  double sure_from = 0;         // recall below which the profile may report less than a search finds
};

void agrees(const Case& one) {
  const index::ValidatedRows source(one.base.view(), Element::f32, one.metric, index::InvalidRows::refuse, 2, {});
  storage::Writer writer = storage::Writer::to_memory();
  forest::write_forest(writer, source, one.options, "{}", {.threads = 2}, {});
  MeasureOptions options;
  options.queries = one.queries.values;
  measure(writer, source, options, {.threads = 2}, {});
  const std::shared_ptr<const index::StoredIndex> index = index::StoredIndex::open(writer.finish());
  CHECK_EQUAL(index->searcher().calibration()->origin, Calibration::Origin::queries);
  CHECK(index->searcher().calibration()->queries == one.queries.rows() &&
        index->searcher().calibration()->points.size() > 3);
  CHECK(index->file().section(storage::SectionId::node_codes).shape().rows > one.least_nodes);
  for (const std::size_t k : {1u, 10u, 100u}) {
    std::size_t compared = 0;
    const std::vector<index::SearchResult> truth = true_answers(*index, one.queries, k);
    // Every other point, because each is slow under emulation.
    for (std::size_t i = 0; i < index->searcher().calibration()->points.size(); i += 2) {
      const auto effort = static_cast<std::size_t>(index->searcher().calibration()->points[i].effort);
      if (effort < 2 * k * one.options.trees) continue;  // fewer than k different rows: it is asked again
      const double expected = index->searcher().expected(k, effort)->recall;
      const double found = recall_of(index->searcher().search(one.queries.view(), request(k, effort, 2)), truth, k);
      const double room = k == 1 ? 3 * kRoom : kRoom;  // the one nearest is steadied by ten
      const bool right = expected <= found + room && (found <= expected + room || expected < one.sure_from);
      if (!right)
        FAIL(name_of(one.metric), ", ", one.base.rows(), " x ", one.base.dims, ", trees ", one.options.trees,
             ", leaves of ", one.options.leaf_size, ", k ", k, ", effort ", effort, ": ", expected, " expected, ",
             found, " found");
      ++compared;
    }
    CHECK(compared >= 1);
  }
}

TEST(profile_agrees_with_searches) {
  const Table base = clustered(4'000, 24, 1);
  const Table queries = clustered(150, 24, 2);
  for (const Metric metric : {Metric::euclidean, Metric::cosine, Metric::dot}) {
    agrees({metric, base, queries, {}});
    agrees({metric, base, queries, {5, 20, 1}});
  }
  agrees({Metric::manhattan, base, queries, {2, 30, 1}});
  agrees({Metric::euclidean, base, queries, {1, 1, 1}, 3'000});
  agrees({Metric::euclidean, clustered(9'000, 12, 3), clustered(150, 12, 4), {3, 6, 2}, 3'000, 0.93});
  agrees({Metric::euclidean, clustered(5'000, 100, 5, 0.3f), clustered(120, 100, 6, 0.3f), {}});
  agrees({Metric::euclidean, clustered(3'001, 3, 7), clustered(150, 3, 8), {2, 10, 1}});
  agrees({Metric::cosine, base, clustered(150, 24, 9, 0.1f), {}});  // unlike the rows
}

}  // namespace
