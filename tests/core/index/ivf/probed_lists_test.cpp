// What a search finds when every row of the lists that it probes is compared: the rows of so many whole lists, in the
// order and at the distances of the exact scan; and with 8-bit codes instead of vectors, all rows at the distances of
// the decoded codes.
#include <algorithm>
#include <cmath>
#include <set>

#include "check.h"
#include "index/calibration/measure.h"
#include "index/fixtures.h"
#include "index/ivf/ivf.h"
#include "kernels/kernels.h"
#include "slow.h"

using namespace nearabout;
using namespace nearabout::ivf;
using namespace nearabout::test;
using metric::Metric;

namespace {

constexpr std::size_t kLists = 30;
constexpr Metric kMetrics[] = {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot};

std::shared_ptr<const index::StoredIndex> lists(const Table& table, Metric metric, const IvfOptions& options) {
  return built([&](storage::Writer& writer) {
    const index::ValidatedRows source(table.view(), Element::f32, metric, index::InvalidRows::refuse, 2, {});
    write_ivf(writer, source, options, "{}", {.threads = 2}, {});
    calibration::measure(writer, source, {}, {.threads = 2}, {});
  });
}

// Returns the list of each row, as the file has it.
std::vector<std::size_t> lists_of_rows(const index::StoredIndex& index) {
  constexpr std::size_t kBlock = kernels::kBlockRows;
  const auto sizes = index.file().section(storage::SectionId::list_sizes).all<std::uint32_t>();
  const storage::Section& section = index.file().section(storage::SectionId::list_rows);
  const auto numbers = section.all<std::uint32_t>();
  const std::size_t columns = section.shape().columns;
  std::vector<std::size_t> list_of(index.searcher().rows(), kLists);
  std::size_t place = 0;
  for (std::size_t list = 0; list < sizes.size(); ++list) {
    for (std::size_t i = 0; i < sizes[list]; ++i) list_of[numbers[(place + i) * columns]] = list;
    place += (sizes[list] + kBlock - 1) / kBlock * kBlock;
  }
  return list_of;
}

// A radius that all rows are within: as many rows are compared as the lists have.
index::Request everything_in(std::size_t probes, std::size_t rows) {
  index::Request asked = request(rows, probes);
  asked.radius = 1e30;
  return asked;
}

TEST(probed_lists_are_compared_whole) {
  const Table base = clustered(2'000, 24, 1);
  const Table queries = clustered(20, 24, 2);
  for (const Metric metric : kMetrics) {
    const auto index = lists(base, metric, {.lists = kLists});
    const std::vector<index::SearchResult> all = true_answers(*index, queries, base.rows());
    const std::vector<std::size_t> list_of = lists_of_rows(*index);
    for (const std::size_t probes : {std::size_t{1}, std::size_t{2}, std::size_t{9}, kLists - 1, kLists}) {
      CASE(name_of(metric), ", ", probes, " lists");
      const auto found = index->searcher().search(queries.view(), everything_in(probes, base.rows()));
      for (std::size_t q = 0; q < queries.rows(); ++q) {
        std::set<std::size_t> probed;
        for (const std::uint32_t row : found[q].rows) probed.insert(list_of[row]);
        CHECK(probed.size() <= 4 * probes && (probes < kLists || probed.size() == kLists));  // more for hard queries
        index::SearchResult expected;
        for (std::size_t i = 0; i < all[q].rows.size(); ++i) {
          if (!probed.contains(list_of[all[q].rows[i]])) continue;
          expected.rows.push_back(all[q].rows[i]);
          expected.distances.push_back(all[q].distances[i]);
        }
        CHECK(same({found[q]}, {expected}));
      }
    }
  }
}

double distance_by_definition(Metric metric, const float* query, const float* row, std::size_t dims) {
  const double square = slow_squared_distance(query, row, dims);
  const double product = slow_product(query, row, dims);
  if (metric == Metric::euclidean) return std::sqrt(square);
  if (metric == Metric::sqeuclidean) return square;
  if (metric == Metric::dot) return -product;
  return 1 - product / std::sqrt(slow_product(query, query, dims) * slow_product(row, row, dims));
}

// Rows whose distances differ by rounding alone may change places.
TEST(codes_of_every_list_are_compared_as_decoded) {
  const Table base = clustered(1'500, 24, 3);
  const Table queries = clustered(10, 24, 4);
  for (const Metric metric : {Metric::euclidean, Metric::sqeuclidean, Metric::dot}) {
    const auto index = lists(base, metric, {.lists = kLists, .keep_vectors = false});
    std::vector<std::uint32_t> rows(base.rows());
    for (std::uint32_t row = 0; row < rows.size(); ++row) rows[row] = row;
    Table decoded = base;
    index->searcher().copy_vectors(rows, std::as_writable_bytes(std::span(decoded.values)).data());
    const auto found = index->searcher().search(queries.view(), request(base.rows(), kLists));
    for (std::size_t q = 0; q < queries.rows(); ++q) {
      CASE(name_of(metric), ", query ", q);
      CHECK_EQUAL(std::set<std::uint32_t>(found[q].rows.begin(), found[q].rows.end()).size(), base.rows());
      for (std::size_t i = 0; i < found[q].rows.size(); ++i) {
        const double expected = distance_by_definition(metric, queries.row(q), decoded.row(found[q].rows[i]), 24);
        const double room = 1e-4 * (1 + std::abs(expected));
        if (!(std::abs(double{found[q].distances[i]} - expected) <= room))
          FAIL("row ", found[q].rows[i], " at ", found[q].distances[i], ", decoded at ", expected);
      }
      CHECK(std::is_sorted(found[q].distances.begin(), found[q].distances.end()));
    }
  }
}

}  // namespace
