#include "index/forest/measure.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/number_order.h"
#include "base/scored.h"
#include "base/spread_rows.h"
#include "base/threads.h"
#include "base/top_k.h"
#include "kernels/kernels.h"

namespace nearabout::forest {
namespace {

constexpr std::size_t kQueries = 64;
constexpr std::size_t kNeighbours = 10;
// Fraction of the neighbours whose leaves the fallback effort examines: some of their rows are lost among the sketches.
constexpr double kFoundFraction = 0.97;
constexpr double kBiasFraction = 0.98;
// Replaces larger values and NaN, which occur with numbers at the ends of their range.
constexpr double kMaxBias = 1e30;
constexpr std::size_t kPlacesAtATime = 8'192;

// A row used as a query, and its nearest other rows.
class Query {
 public:
  Query(const BuiltForest& forest, const transform::RowReader& read, std::size_t row)
      : forest_(forest), width_(forest.sketch.width()), vector_(forest.sketch.dims()), own_(width_) {
    read(row, row + 1, vector_.data());
    bound_ = quantize::SketchQuery::bind(forest.sketch, vector_.data(), 1);
    float offset = 0;
    forest.sketch.encode(vector_.data(), 1, own_.data(), &offset);
    best_.assign(forest.trees.size(), TopK(kNeighbours));
    rank_leaves();
  }

  // Examines rows that are adjacent in a tree, from `place` on. Rows that equal the query to the last bit are skipped,
  // including the row itself: they say nothing about others.
  void look_at(std::size_t tree, std::size_t place, const SketchedRows& rows, std::size_t count) {
    marks_of(bound_[0].scale(), rows.codes, rows.offsets, count);
    TopK& best = best_[tree];
    for (std::size_t i = 0; i < count; ++i)
      if (double{scores_[i]} <= best.worst() && !std::equal(own_.begin(), own_.end(), rows.codes + i * width_))
        best.push(double{scores_[i]}, static_cast<std::uint32_t>(place + i));
  }

  struct Finding {
    double effort;  // least effort that finds it
    double bias_bound;
  };
  std::vector<Finding> findings(const transform::RowReader& read) {
    std::map<std::uint32_t, Finding> found;  // by row: each tree has its own place for it
    SketchStore::Buffers buffers;
    std::vector<float> other(vector_.size());
    for (std::size_t tree = 0; tree < best_.size(); ++tree)
      for (const Neighbour& neighbour : best_[tree].take_sorted()) {
        const std::size_t place = neighbour.row;
        const std::uint32_t row = *forest_.trees[tree].rows.read(place, place + 1, buffers).numbers;
        const double effort = effort_of(tree * forest_.trees[0].rows.rows() + place);
        const auto [known, is_new] = found.try_emplace(row, Finding{effort, 0});
        known->second.effort = std::min(known->second.effort, effort);
        if (!is_new) continue;
        read(row, row + 1, other.data());
        const double bias_bound =
            bound_[0].bias_bound(forest_.sketch, static_cast<float>(neighbour.rdist), vector_.data(), other.data());
        known->second.bias_bound = bias_bound <= kMaxBias ? bias_bound : kMaxBias;
      }
    std::vector<Finding> all;
    for (const auto& [row, finding] : found) all.push_back(finding);
    return all;
  }

 private:
  void marks_of(float scale, const std::uint8_t* codes, const float* offsets, std::size_t count) {
    dots_.resize(count);
    scores_.resize(count);
    kernels::table().screen.rows(bound_[0].bytes(), {codes, width_, nullptr, count}, width_, 0, dots_.data());
    for (std::size_t i = 0; i < count; ++i) scores_[i] = offsets[i] + scale * static_cast<float>(dots_[i]);
  }

  // Computes, for each leaf, how many rows a search has examined when it is done with that leaf.
  void rank_leaves() {
    const Level& leaves = forest_.levels[0];
    marks_of(bound_[0].centroid_scale(), forest_.centroids.codes.data(), forest_.centroids.offsets.data(),
             leaves.nodes());
    std::vector<std::uint32_t> order(leaves.nodes());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return Scored(scores_[a], a) < Scored(scores_[b], b); });
    looked_.resize(leaves.nodes());
    std::uint64_t sum = 0;
    for (const std::uint32_t leaf : order) {
      sum += leaves.firsts[leaf + 1] - leaves.firsts[leaf];
      looked_[leaf] = sum;
    }
  }

  double effort_of(std::uint64_t place) const {
    const std::vector<std::uint64_t>& firsts = forest_.levels[0].firsts;
    const auto leaf = std::upper_bound(firsts.begin(), firsts.end(), place) - firsts.begin() - 1;
    return static_cast<double>(looked_[static_cast<std::size_t>(leaf)]);
  }

  const BuiltForest& forest_;
  std::size_t width_;
  std::vector<float> vector_;
  std::vector<std::uint8_t> own_;  // the query's code
  std::vector<quantize::SketchQuery> bound_;
  std::vector<TopK> best_;             // for each tree: scores and places
  std::vector<std::uint64_t> looked_;  // rows examined up to each leaf
  std::vector<std::int32_t> dots_;
  std::vector<float> scores_;
};

// Compares all rows with all queries, once for each tree.
void look_at_all(const BuiltForest& forest, std::vector<Query>& queries, std::size_t threads, const Monitor& monitor) {
  SketchStore::Buffers buffers;
  for (std::size_t tree = 0; tree < forest.trees.size(); ++tree) {
    const SketchStore& store = forest.trees[tree].rows;
    // Use as few parts as memory allows: starting threads is not free.
    const std::size_t step = std::max(kPlacesAtATime, std::min<std::size_t>(store.rows(), 16 * kPlacesAtATime));
    for (std::size_t begin = 0; begin < store.rows(); begin += step) {
      const std::size_t end = std::min(begin + step, store.rows());
      const SketchedRows rows = store.read(begin, end, buffers);
      parallel_for(queries.size(), 1, threads, [&](std::size_t query, std::size_t, std::size_t) {
        for (std::size_t first = begin; first < end; first += kPlacesAtATime) {
          const std::size_t skipped = first - begin;
          const SketchedRows some{rows.codes + skipped * store.width(), rows.offsets + skipped, rows.numbers + skipped};
          queries[query].look_at(tree, first, some, std::min(kPlacesAtATime, end - first));
        }
      });
      const double done = static_cast<double>(tree) + static_cast<double>(end) / static_cast<double>(store.rows());
      report(monitor, done / static_cast<double>(forest.trees.size()));
    }
  }
}

double quantile(const std::vector<double>& sorted, double fraction) {
  const double place = fraction * static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::ceil(place))];
}

}  // namespace

Measured measure(const BuiltForest& forest, const transform::RowReader& read, std::size_t rows, std::size_t threads,
                 const Monitor& monitor) {
  const std::size_t count = std::min(kQueries, rows);
  std::vector<Query> queries;
  queries.reserve(count);
  for (std::size_t i = 0; i < count; ++i) queries.emplace_back(forest, read, spread_row(i, count, rows));
  look_at_all(forest, queries, threads, monitor);

  std::vector<double> efforts;
  std::vector<double> bias_bounds;
  for (Query& query : queries)
    for (const Query::Finding& finding : query.findings(read)) {
      efforts.push_back(finding.effort);
      bias_bounds.push_back(finding.bias_bound);
    }
  Measured measured{.fallback_effort = rows};
  if (efforts.empty()) return measured;  // all rows are the same
  std::sort(efforts.begin(), efforts.end(), NanLast{});
  std::sort(bias_bounds.begin(), bias_bounds.end(), NanLast{});
  measured.bias_bound = std::max(0.0, quantile(bias_bounds, kBiasFraction));
  measured.fallback_effort =
      std::min<std::uint64_t>(rows, static_cast<std::uint64_t>(quantile(efforts, kFoundFraction)));
  return measured;
}

}  // namespace nearabout::forest
