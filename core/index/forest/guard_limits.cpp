#include "index/forest/guard_limits.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/threads.h"

namespace nearabout::forest {
namespace {

constexpr double kCoarseStep = 1.15;  // least ratio between efforts for which a limit of misses is chosen

using Misses = std::array<float, calibration::kCalibratedK.size()>;

// Estimates the squared distance of the k-th nearest row from leaves that contain only `found` of the neighbours:
// extrapolates from the rows beyond these, whose number grows with a power of the distance, the local dimension.
double square_of_more(const std::vector<double>& squares, std::size_t found, std::size_t k) {
  const double last = squares.back();
  const double half = squares[squares.size() / 2];
  const double dimension = half > 0 && last > half ? 2 * std::log(2.0) / std::log(last / half) : 1e3;
  const double times = static_cast<double>(k) / std::max(0.5, static_cast<double>(found));
  return last * std::pow(std::max(1.0, times), 2 / std::min(dimension, 1e3));
}

// The leaves of one query after those that an effort examines.
std::vector<calibration::RankedList> leaves_beyond(const ForestLayout& layout, const std::vector<Scored>& nearest,
                                                   std::size_t effort) {
  const std::span<const std::uint64_t> firsts = layout.levels[0].firsts;
  std::size_t taken = 0;
  for (std::uint64_t rows = 0; taken < nearest.size() && rows < effort; ++taken)
    rows += firsts[nearest[taken].row() + 1] - firsts[nearest[taken].row()];
  std::vector<calibration::RankedList> beyond;
  const std::size_t end = std::min(nearest.size(), taken + calibration::lists_beyond(taken));
  for (std::size_t leaf = taken; leaf < end; ++leaf) beyond.push_back({nearest[leaf].score(), nearest[leaf].row()});
  return beyond;
}

// Returns the misses that a search would expect after examining this many rows, if its nearest rows so far are those
// true neighbours whose leaves it has examined.
Misses expect_misses(const ForestLayout& layout, const calibration::CalibrationQueries& calibration_queries,
                     const quantize::SketchQuery& sketch, const LeafEfforts& leaves, std::size_t query,
                     std::size_t effort) {
  const std::vector<calibration::RankedList> beyond = leaves_beyond(layout, leaves.nearest[query], effort);
  const std::vector<double>& squares = calibration_queries.squares[query];
  const double rank_of_square = layout.sketch.space() == transform::CodeSpace::cosine ? 0.5 : 1;
  const auto expected = [&](double square) {
    const auto score = static_cast<float>(sketch.score_of(square * rank_of_square));
    return static_cast<float>(
        calibration::expected_rows(layout.residuals, layout.guard.lambda, beyond, score, sketch.square()) /
        static_cast<double>(layout.trees));
  };
  Misses misses{};
  std::size_t found = 0;
  std::size_t place = 0;
  for (std::size_t n = 0; n < calibration_queries.nearest[query].size() && place < misses.size(); ++n) {
    if (leaves.of_neighbours[query][n] > effort || ++found < calibration::kCalibratedK[place]) continue;
    misses[place++] = expected(squares[n]);
  }
  for (; place < misses.size(); ++place)
    misses[place] = expected(square_of_more(squares, found, calibration::kCalibratedK[place]));
  return misses;
}

}  // namespace

calibration::Guard learn_guard(const ForestLayout& layout, const calibration::CalibrationQueries& calibration_queries,
                               std::span<const quantize::SketchQuery> sketches, const LeafEfforts& leaves,
                               std::span<const std::size_t> efforts, std::size_t threads) {
  std::vector<std::size_t> limited;  // efforts that need no more leaves than were stored
  for (const std::size_t effort : efforts)
    if (effort < layout.descriptor.rows && effort < LeafEfforts::kMaxNearest / 3 * layout.leaf_size &&
        (limited.empty() || static_cast<double>(effort) >= kCoarseStep * static_cast<double>(limited.back())))
      limited.push_back(effort);
  std::vector<std::size_t> queries;
  std::vector<std::array<double, 2>> places;
  for (std::size_t query = 0; query < calibration_queries.count(); ++query) {
    if (calibration_queries.nearest[query].empty()) continue;
    const double square = sketches[query].square();
    queries.push_back(query);
    places.push_back({std::max(0.0, double{leaves.nearest[query].front().score()} + square), square});
  }
  calibration::Guard guard;
  guard.see(places);
  std::vector<std::vector<Misses>> misses(limited.size(), std::vector<Misses>(queries.size()));
  parallel_for(queries.size(), 1, threads, [&](std::size_t i, std::size_t, std::size_t) {
    for (std::size_t e = 0; e < limited.size(); ++e)
      misses[e][i] = expect_misses(layout, calibration_queries, sketches[queries[i]], leaves, queries[i], limited[e]);
  });
  for (std::size_t e = 0; e < limited.size(); ++e) guard.add(static_cast<double>(limited[e]), misses[e]);
  return guard;
}

}  // namespace nearabout::forest
