// A screened scan of any range of rows, for any number of queries: the neighbours of each are those of a comparison
// with each row, ties by row.
#include "index/exact/screened_scan.h"

#include "check.h"
#include "index/exact/brute_force.h"

using namespace nearabout;
using namespace nearabout::exact;
using namespace nearabout::test;
using metric::Metric;

namespace {

constexpr Metric kScreened[] = {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot};

// Scans each range by a scan of its own, as the tasks of a search do.
void check_scan(const ExactRows& rows, const Table& queries, std::size_t k, const std::vector<std::size_t>& borders) {
  const std::vector<metric::BoundQuery> bound = index::bind_queries(queries.view(), rows.descriptor());
  const std::vector<quantize::ScreenQuery> screens =
      quantize::ScreenQuery::bind(rows.screen->screen, queries.values.data(), queries.rows());
  for (std::size_t part = 0; part + 1 < borders.size(); ++part) {
    std::vector<TopK> best(queries.rows(), TopK(k));
    const ScannedRows all(rows.vectors.shape().rows, nullptr);
    std::vector<quantize::ByteBoundQuery> bytes(queries.rows());
    std::vector<float> scratch;
    for (std::size_t q = 0; rows.bytes && q < queries.rows(); ++q)
      bytes[q].bind(rows.bytes->bounds, queries.row(q), scratch);
    const Screened screened{&*rows.screen, &rows.vectors, rows.bytes ? &*rows.bytes : nullptr};
    const BoundQueries of_queries{bound.data(), screens.data(), bytes.data()};
    ScreenedScan scan(screened, all, of_queries, best, k);
    scan.run(borders[part], borders[part + 1]);
    for (std::size_t q = 0; q < queries.rows(); ++q) {
      CASE("k ", k, ", query ", q, " of ", queries.rows(), ", rows ", borders[part], " to ", borders[part + 1]);
      CHECK(same_neighbours(best[q].take_sorted(), brute_force(rows, bound[q], k, borders[part], borders[part + 1])));
    }
  }
}

void check_table(const Table& table, const Table& queries, Element element) {
  for (const Metric metric : kScreened) {
    CASE(name_of(metric), " of ", name_of(element));
    const ExactRows rows(table, element, metric);
    const std::size_t count = table.rows();
    CHECK(rows.screen.has_value());
    if (!rows.screen) continue;
    for (const std::size_t some : {std::size_t{1}, std::size_t{3}, queries.rows()}) {
      const Table first{{queries.row(0), queries.row(some)}, queries.dims};
      for (const std::size_t k : {1u, 10u, 70u}) check_scan(rows, first, k, {0, count});
      check_scan(rows, first, 10, {0, 1, 32, 700, 701, count - 5, count});
    }
  }
}

TEST(screened_neighbours_are_those_of_brute_force) {
  check_table(clustered(3'001, 40, 1), clustered(40, 40, 2), Element::f32);
  check_table(with_ties(2'600, 16, 3), whole_numbers(37, 16, 4), Element::f32);
}

// Of few dimensions a rough screen has all; of many, directions.
TEST(a_rough_screen_rules_out_no_neighbour) {
  for (const std::size_t dims : {40u, 500u})
    for (const Metric metric : kScreened) {
      const Table table = clustered(1'500, dims, 1);
      const ExactRows rows(table.view(), Element::f32, metric, true);
      check_scan(rows, clustered(20, dims, 2), 10, {0, 700, 1'500});
    }
}

TEST(screened_neighbours_of_bytes_are_those_of_brute_force) {
  check_table(with_ties(2'600, 32, 5), whole_numbers(33, 32, 6), Element::i8);
  Table positive = with_ties(2'600, 32, 7);
  for (float& value : positive.values) value += 10;
  check_table(positive, whole_numbers(33, 32, 8), Element::u8);
}

}  // namespace
