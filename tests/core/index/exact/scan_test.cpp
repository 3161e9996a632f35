// The exact scan for every metric: the rows of a comparison with each, ties by row, with and without a screen, within a
// radius, by any number of threads.
#include "index/exact/scan.h"

#include "check.h"
#include "index/exact/brute_force.h"

using namespace nearabout;
using namespace nearabout::exact;
using namespace nearabout::test;
using index::Request;
using index::Results;
using index::SearchResult;
using metric::Metric;

namespace {

constexpr Metric kReal[] = {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot, Metric::manhattan};

std::vector<SearchResult> expected_of(const ExactRows& rows, MatrixView queries, const Request& request) {
  std::vector<SearchResult> results;
  for (const metric::BoundQuery& bound : index::bind_queries(queries, rows.descriptor())) {
    SearchResult& result = results.emplace_back();
    const std::size_t count = rows.vectors.shape().rows;
    for (const Neighbour& neighbour : brute_force(rows, bound, request.radius ? count : request.k, 0, count)) {
      const auto distance = static_cast<float>(bound.distance(neighbour.rdist));
      if (request.radius && (double{distance} > *request.radius || result.rows.size() == request.k)) break;
      result.rows.push_back(neighbour.row);
      result.distances.push_back(distance);
    }
  }
  return results;
}

using Search = void (ExactScan::*)(MatrixView, const Request&, Results&) const;

std::vector<SearchResult> scanned(const ExactScan& scan, Search search, MatrixView queries, const Request& request) {
  Results results = request.radius ? Results::unlimited(queries.rows) : Results(queries.rows, request.k);
  (scan.*search)(queries, request, results);
  return results.all();
}

void check_rows(const ExactRows& rows, MatrixView queries) {
  const std::size_t count = rows.vectors.shape().rows;
  std::vector<Request> requests;
  for (const std::size_t k : {std::size_t{1}, std::size_t{10}, std::size_t{100}, count}) requests.push_back(request(k));
  const std::vector<SearchResult> ten = expected_of(rows, queries, request(10));
  requests.push_back(request(count));
  requests.back().radius = double{ten[0].distances[9]};  // a distance that some row has
  for (Request& one : requests)
    for (const std::size_t threads : {1u, 3u}) {
      CASE("k ", one.k, one.radius ? " within a radius" : "", ", threads ", threads);
      one.threads = threads;
      const std::vector<SearchResult> expected = expected_of(rows, queries, one);
      const quantize::StoredScreen* const screen = rows.screen ? &*rows.screen : nullptr;
      const ExactScan screened(rows.descriptor(), rows.vectors, screen);
      const ExactScan by_bytes(rows.descriptor(), rows.vectors, screen, rows.bytes ? &*rows.bytes : nullptr);
      const ExactScan plain(rows.descriptor(), rows.vectors, nullptr);
      CHECK(same(scanned(screened, &ExactScan::search, queries, one), expected));
      CHECK(same(scanned(by_bytes, &ExactScan::search, queries, one), expected));
      CHECK(same(scanned(plain, &ExactScan::search, queries, one), expected));
      CHECK(same(scanned(plain, &ExactScan::search_in_order, queries, one), expected));
    }
}

TEST(scan_of_real_rows_is_brute_force) {
  const Table queries = clustered(7, 24, 2);
  for (const Metric metric : kReal)
    for (const Element element : {Element::f32, Element::f16, Element::bf16}) {
      CASE(name_of(metric), " of ", name_of(element));
      check_rows(ExactRows(clustered(900, 24, 1), element, metric), queries.view());
    }
}

TEST(scan_of_rows_with_ties_is_brute_force) {
  const Table queries = whole_numbers(7, 16, 4);
  for (const Metric metric : kReal)
    for (const Element element : {Element::f32, Element::i8}) {
      CASE(name_of(metric), " of ", name_of(element));
      check_rows(ExactRows(with_ties(900, 16, 3), element, metric), queries.view());
    }
}

TEST(scan_of_places_is_brute_force) {
  Table places = whole_numbers(500, 2, 5);  // degrees
  for (std::size_t i = 250; i < 500; ++i) places.copy_row(i - 250, i);
  check_rows(ExactRows(places, Element::f32, Metric::haversine), whole_numbers(5, 2, 6).view());
}

// Packed bits, eight in a byte.
TEST(scan_of_bits_is_brute_force) {
  std::mt19937 random(7);
  constexpr std::size_t kRows = 600, kBytes = 5, kDims = 8 * kBytes;
  std::vector<std::byte> packed(kRows * kBytes);
  for (std::byte& byte : packed) byte = static_cast<std::byte>(random());
  const MatrixView view{packed.data(), kRows, kDims, kBytes, Element::bits};
  for (const Metric metric : {Metric::hamming, Metric::jaccard}) {
    CASE(name_of(metric));
    const ExactRows rows(view, Element::bits, metric);
    check_rows(rows, {packed.data(), 6, kDims, kBytes, Element::bits});
  }
}

}  // namespace
