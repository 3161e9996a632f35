// Candidates in any order, with any scores that a screen might give them: the best are those of a comparison with each
// row, ties by row.
#include "index/exact/candidates.h"

#include <numeric>
#include <random>

#include "check.h"
#include "index/exact/brute_force.h"

using namespace nearabout;
using namespace nearabout::exact;
using namespace nearabout::test;
using metric::Metric;
using quantize::ScreenQuery;

namespace {

constexpr Metric kScreened[] = {Metric::euclidean, Metric::sqeuclidean, Metric::cosine, Metric::dot};

// Returns a score that a row may have: at most the threshold of its own reduced distance.
float score_of(const ScreenQuery& screen, double rdist, std::mt19937& random) {
  const float threshold = screen.limit(rdist).threshold;
  return threshold - std::abs(threshold) * static_cast<float>(random() % 100) / 100;
}

// Hands all rows to the candidates, in pieces and in random order, some to be compared at once.
void hand_over(const ExactRows& rows, const metric::BoundQuery& query, const ScreenQuery& screen,
               Candidates& candidates, std::mt19937& random) {
  std::vector<std::uint32_t> order(rows.vectors.shape().rows);
  std::iota(order.begin(), order.end(), 0u);
  std::shuffle(order.begin(), order.end(), random);
  for (std::size_t begin = 0; begin < order.size();) {
    const std::size_t end = std::min(order.size(), begin + 1 + random() % 700);
    std::vector<std::uint32_t> piece(order.begin() + static_cast<std::ptrdiff_t>(begin),
                                     order.begin() + static_cast<std::ptrdiff_t>(end));
    begin = end;
    std::vector<float> scores;
    for (const std::uint32_t row : piece) scores.push_back(score_of(screen, rdist_of(rows, query, row), random));
    switch (random() % 4) {
      case 0:
        candidates.compare(piece.data(), piece.size());
        break;
      case 1:  // compared, and so to be left out of those that wait
        candidates.add(piece.data(), scores.data(), piece.size());
        piece.resize(piece.size() / 2);
        std::sort(piece.begin(), piece.end());
        candidates.compare(piece.data(), piece.size());
        candidates.leave_out(piece);
        break;
      case 2:
        candidates.add(piece.data(), scores.data(), piece.size());
        candidates.tighten(random() % 50);
        break;
      default:
        candidates.add(piece.data(), scores.data(), piece.size());
        candidates.keep_short(10);
    }
  }
  candidates.settle(random() % 20);
}

void check_table(const Table& table, const Table& queries, Element element) {
  std::mt19937 random(3);
  for (const Metric metric : kScreened) {
    const ExactRows rows(table, element, metric);
    const std::size_t count = table.rows();
    CHECK(rows.screen.has_value());
    if (!rows.screen) continue;
    const std::vector<metric::BoundQuery> bound = index::bind_queries(queries.view(), rows.descriptor());
    const std::vector<ScreenQuery> screens =
        ScreenQuery::bind(rows.screen->screen, queries.values.data(), queries.rows());
    for (std::size_t q = 0; q < queries.rows(); ++q)
      for (const std::size_t k : {std::size_t{1}, std::size_t{10}, std::size_t{100}, count}) {
        CASE(name_of(metric), " of ", name_of(element), ", query ", q, ", k ", k);
        TopK best(k);
        Candidates candidates(bound[q], screens[q], rows.vectors, {}, best);
        hand_over(rows, bound[q], screens[q], candidates, random);
        CHECK(same_neighbours(best.take_sorted(), brute_force(rows, bound[q], k, 0, count)));
      }
  }
}

TEST(best_candidates_are_those_of_brute_force) {
  check_table(clustered(1'500, 32, 1), clustered(3, 32, 2), Element::f32);
  check_table(with_ties(1'600, 16, 3), whole_numbers(3, 16, 4), Element::f32);
  check_table(with_ties(1'600, 16, 5), whole_numbers(3, 16, 6), Element::i8);
}

// A radius: only rows within the limit count, those exactly on it included.
TEST(candidates_beyond_the_limit_are_dropped) {
  std::mt19937 random(4);
  const ExactRows rows(with_ties(1'600, 16, 7), Element::f32, Metric::sqeuclidean);
  const Table queries = whole_numbers(5, 16, 8);
  const std::vector<metric::BoundQuery> bound = index::bind_queries(queries.view(), rows.descriptor());
  const std::vector<ScreenQuery> screens =
      ScreenQuery::bind(rows.screen->screen, queries.values.data(), queries.rows());
  for (std::size_t q = 0; q < queries.rows(); ++q) {
    const double limit = brute_force(rows, bound[q], 40, 0, 1'600).back().rdist;
    TopK best(1'600, limit);
    Candidates candidates(bound[q], screens[q], rows.vectors, {}, best);
    hand_over(rows, bound[q], screens[q], candidates, random);
    CHECK(same_neighbours(best.take_sorted(), brute_force(rows, bound[q], 1'600, 0, 1'600, limit)));
  }
}

}  // namespace
