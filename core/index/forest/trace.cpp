#include "index/forest/trace.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "base/marked.h"
#include "base/threads.h"
#include "kernels/kernels.h"

namespace nearabout {
namespace {

constexpr double kStep = 1.15;         // from one effort to the next
constexpr double kNearlyAll = 0.999;   // of all neighbours lie within the largest effort that is tried but for all rows
constexpr double kMost = 0.99;         // of them within the effort that is searched with
constexpr std::size_t kFewTrials = 96;  // have some thousand of a hundred neighbours
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

// About, in nanoseconds with AVX-512: only ratios matter.
constexpr double kQueryCost = 3'000;
double scan_cost(std::size_t width) { return 1.5 + 0.02 * static_cast<double>(width); }            // a row of a leaf
double compare_cost(std::size_t row_bytes) { return 40 + 0.15 * static_cast<double>(row_bytes); }  // a row in full

// The leaves, one a tree, of all rows that trials have near.
class LeavesOfRows {
 public:
  LeavesOfRows(std::span<const std::uint32_t> tree_rows, std::span<const std::uint64_t> firsts, const Trials& trials,
               std::size_t rows) {
    std::vector<bool> wanted(rows, false);
    for (const std::vector<std::uint32_t>& nearest : trials.nearest)
      for (const std::uint32_t row : nearest) wanted[row] = true;
    for (std::uint32_t leaf = 0; leaf + 1 < firsts.size(); ++leaf)
      for (std::uint64_t place = firsts[leaf]; place < firsts[leaf + 1]; ++place)
        if (tree_rows[place] < rows && wanted[tree_rows[place]]) leaves_[tree_rows[place]].push_back(leaf);
  }
  const std::vector<std::uint32_t>& of(std::uint32_t row) const { return leaves_.at(row); }

 private:
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> leaves_;
};

std::vector<std::uint32_t> sorted(std::vector<std::uint32_t> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

ForestTrace::ForestTrace(const ForestIndex& forest, const Trials& trials, std::size_t threads, const Monitor& monitor)
    : rows_(forest.rows()),
      width_(forest.sketch_bytes()),
      row_bytes_(row_bytes(forest.descriptor().element, forest.dims())) {
  for (const std::vector<std::uint32_t>& nearest : trials.nearest) leaf_efforts_.emplace_back(nearest.size(), kNever);
  find_leaves(forest, trials, threads, step_of(monitor, 0.0, 0.5));
  const std::uint64_t most = effort_within(kNearlyAll);
  for (double effort = static_cast<double>(forest.least_effort()); effort < static_cast<double>(most);
       effort = std::max(effort + 1, std::ceil(effort * kStep)))
    efforts_.push_back(static_cast<std::size_t>(effort));
  if (most < rows_) efforts_.push_back(most);
  efforts_.push_back(rows_);
  search_some(forest, trials, threads, step_of(monitor, 0.5, 1.0));
}

// That looks at this share of all neighbours' leaves.
std::uint64_t ForestTrace::effort_within(double share) const {
  std::vector<std::uint64_t> all;
  for (const std::vector<std::uint64_t>& efforts : leaf_efforts_) all.insert(all.end(), efforts.begin(), efforts.end());
  if (all.empty()) return 1;
  const auto place = static_cast<std::size_t>(share * static_cast<double>(all.size() - 1));
  std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(place), all.end());
  return std::min<std::uint64_t>(all[place], rows_);
}

// All leaves, the nearest first.
std::vector<std::uint32_t> ForestTrace::ranked_leaves(const ForestIndex& forest, const float* query) const {
  const std::size_t count = forest.levels_[0].nodes();
  const SketchQuery sketch = SketchQuery::bind(forest.sketch_, query, 1)[0];
  std::vector<std::int32_t> dots(count);
  const MatrixView codes = forest.node_codes_->rows(0, count);
  kernels::table().screen.rows(sketch.bytes(), {codes.data, codes.stride, nullptr, count}, width_, 0, dots.data());
  const std::span<const float> offsets = forest.node_offsets_->items<float>(0, count);
  std::vector<Marked> leaves;
  for (std::uint32_t leaf = 0; leaf < count; ++leaf)
    leaves.emplace_back(offsets[leaf] + sketch.centroid_scale() * static_cast<float>(dots[leaf]), leaf);
  std::sort(leaves.begin(), leaves.end());
  std::vector<std::uint32_t> order;
  for (const Marked& leaf : leaves) order.push_back(leaf.row());
  return order;
}

// How many rows are looked at before a leaf is the effort that does not reach it.
void ForestTrace::find_leaves(const ForestIndex& forest, const Trials& trials, std::size_t threads,
                              const Monitor& monitor) {
  const LeavesOfRows leaves(forest.tree_rows_->all<std::uint32_t>(), forest.levels_[0].firsts, trials, rows_);
  const auto rank = [&](std::size_t query, std::size_t, std::size_t) {
    std::vector<std::uint64_t> efforts(forest.levels_[0].nodes(), kNever);
    std::uint64_t looked = 0;
    for (const std::uint32_t leaf : ranked_leaves(forest, trials.vector(query))) {
      efforts[leaf] = looked + 1;
      looked += forest.leaf_rows(leaf);
    }
    for (std::size_t i = 0; i < leaf_efforts_[query].size(); ++i)
      for (const std::uint32_t leaf : leaves.of(trials.nearest[query][i]))
        leaf_efforts_[query][i] = std::min(leaf_efforts_[query][i], efforts[leaf]);
  };
  parallel_for(leaf_efforts_.size(), 1, threads, rank, monitor);
}

// How many are told apart hardly depends on the effort. One neighbour is looked for as ten are (search.cpp), and is told
// as often at least; a hundred are told with a few of the queries.
void ForestTrace::search_some(const ForestIndex& forest, const Trials& trials, std::size_t threads,
                              const Monitor& monitor) {
  const std::size_t step = std::max<std::size_t>(1, trials.count() / kFewTrials);
  told_[0] = told_[1] = told(forest, trials, 10, 1, threads, step_of(monitor, 0.0, 0.5));
  told_[2] = told(forest, trials, 100, step, threads, step_of(monitor, 0.5, 1.0));
}

// Of one trial in `step`.
double ForestTrace::told(const ForestIndex& forest, const Trials& trials, std::size_t k, std::size_t step,
                         std::size_t threads, const Monitor& monitor) const {
  const AskedTrials asked(trials, forest.descriptor().element);
  MatrixView some = asked.view();
  some.stride *= step;
  some.rows = (some.rows + step - 1) / step;
  Request request;
  request.k = k + (trials.rows.empty() ? 0 : 1);  // the row itself is found, too
  request.effort = std::max<std::uint64_t>(effort_within(kMost), 2 * kMostNeighbours);
  request.threads = threads;
  request.monitor = monitor;
  double reached = 0;
  double found = 0;
  const std::vector<Answer> answers = forest.search(some, request);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::vector<std::uint32_t> rows = sorted(answers[i].rows);
    const std::vector<std::uint32_t>& nearest = trials.nearest[i * step];
    for (std::size_t n = 0; n < std::min(k, nearest.size()); ++n) {
      if (leaf_efforts_[i * step][n] > *request.effort) continue;
      ++reached;
      found += std::binary_search(rows.begin(), rows.end(), nearest[n]) ? 1 : 0;
    }
  }
  return reached > 0 ? found / reached : 1;
}

std::vector<double> ForestTrace::found(std::size_t k, std::size_t effort) const {
  const auto place = std::find(kMeasuredAt.begin(), kMeasuredAt.end(), k) - kMeasuredAt.begin();
  const double told = effort >= rows_ ? 1 : told_[static_cast<std::size_t>(place)];
  std::vector<double> counts;
  for (const std::vector<std::uint64_t>& efforts : leaf_efforts_) {
    const auto end = efforts.begin() + static_cast<std::ptrdiff_t>(std::min(k, efforts.size()));
    const auto reached =
        std::count_if(efforts.begin(), end, [&](std::uint64_t least) { return effort >= rows_ || least <= effort; });
    counts.push_back(told * static_cast<double>(reached));
  }
  return counts;
}

TraceCost ForestTrace::cost(std::size_t k, std::size_t effort) const {
  const double compared = 20 + 2.5 * static_cast<double>(k);  // about, by their sketches
  const auto looked = static_cast<double>(effort);
  const double nanoseconds = kQueryCost + looked * scan_cost(width_) + compared * compare_cost(row_bytes_);
  return {looked + compared, 1e-9 * nanoseconds};
}

}  // namespace nearabout
