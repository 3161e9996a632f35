#include "index/forest/recall_profile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>

#include "base/error.h"
#include "base/scored.h"
#include "base/threads.h"
#include "index/forest/costs.h"
#include "index/forest/ranking.h"
#include "kernels/kernels.h"

namespace nearabout {
namespace {

constexpr std::size_t kMaxLeaves = 2'048;  // leaves of a query that are stored in order
constexpr double kStep = 1.07;             // ratio of one effort to the next
constexpr double kCoarseStep = 1.15;       // least ratio between efforts for which a limit of misses is chosen
// Fraction of all neighbours found by the largest effort tried, except for that of all rows.
constexpr double kNearlyAll = 0.999;
constexpr double kMax = 0.99;                  // fraction of neighbours within the effort that calibration searches use
constexpr std::uint64_t kMaxSearched = 4'000;  // and at most this many rows: the data read has to fit a memory budget
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

// The leaves, one per tree, of all rows that are near some calibration query.
class LeavesOfRows {
 public:
  LeavesOfRows(const std::string& file, std::span<const std::uint32_t> tree_rows, std::span<const std::uint64_t> firsts,
               const CalibrationQueries& calibration_queries, std::size_t rows)
      : file_(file) {
    std::vector<bool> wanted(rows, false);
    for (const std::vector<std::uint32_t>& nearest : calibration_queries.nearest)
      for (const std::uint32_t row : nearest) wanted[row] = true;
    for (std::uint32_t leaf = 0; leaf + 1 < firsts.size(); ++leaf)
      for (std::uint64_t place = firsts[leaf]; place < firsts[leaf + 1]; ++place)
        if (tree_rows[place] < rows && wanted[tree_rows[place]]) leaves_[tree_rows[place]].push_back(leaf);
  }
  const std::vector<std::uint32_t>& of(std::uint32_t row) const {
    const auto found = leaves_.find(row);
    if (found != leaves_.end()) return found->second;
    throw CorruptFileError(file_ + " is corrupt: row " + std::to_string(row) +
                           " is in none of its trees. Copy or build it again.");
  }

 private:
  std::string file_;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> leaves_;
};

// Estimates the squared distance of the k-th nearest row from leaves that contain only `found` of the neighbours:
// extrapolates from the rows beyond these, whose number grows with a power of the distance, the local dimension.
double square_of_more(const std::vector<double>& squares, std::size_t found, std::size_t k) {
  const double last = squares.back();
  const double half = squares[squares.size() / 2];
  const double dimension = half > 0 && last > half ? 2 * std::log(2.0) / std::log(last / half) : 1e3;
  const double times = static_cast<double>(k) / std::max(0.5, static_cast<double>(found));
  return last * std::pow(std::max(1.0, times), 2 / std::min(dimension, 1e3));
}

}  // namespace

ForestRecallProfile::ForestRecallProfile(const ForestIndex& forest, const CalibrationQueries& calibration_queries,
                                         const BuildOptions& build, const Monitor& monitor)
    : rows_(forest.rows()),
      width_(forest.layout().sketch.width()),
      row_bytes_(row_bytes(forest.descriptor().element, forest.dims())),
      as_near_(calibration_queries.as_near) {
  const ForestLayout& layout = forest.layout();
  for (const std::vector<std::uint32_t>& nearest : calibration_queries.nearest)
    leaf_efforts_.emplace_back(nearest.size(), kNever);
  const std::vector<SketchQuery> sketches =
      SketchQuery::bind(layout.sketch, calibration_queries.vectors.data(), calibration_queries.count());
  find_leaves(forest.file().name(), layout, calibration_queries, sketches, build.threads,
              subprogress(monitor, 0.0, 0.5));
  const std::uint64_t most = effort_within(kNearlyAll);
  for (double effort = static_cast<double>(forest.effort().min); effort < static_cast<double>(most);
       effort = std::max(effort + 1, std::ceil(effort * kStep)))
    efforts_.push_back(static_cast<std::size_t>(effort));
  if (most < rows_) efforts_.push_back(most);
  efforts_.push_back(rows_);
  sketch_recall_ = sketch_recall(forest, calibration_queries, build, subprogress(monitor, 0.5, 1.0));
  if (layout.is_guarded()) choose_limits(layout, calibration_queries, sketches, build.threads);
  nearest_leaves_.clear();
}

// Returns the misses that a search would expect after examining this many rows, if its nearest rows so far are those
// true neighbours whose leaves it has examined.
std::array<float, kCalibratedK.size()> ForestRecallProfile::expect_misses(const ForestLayout& layout,
                                                                          const CalibrationQueries& calibration_queries,
                                                                          const SketchQuery& sketch, std::size_t query,
                                                                          std::size_t effort) const {
  const std::vector<Scored>& nearest = nearest_leaves_[query];
  const std::span<const std::uint64_t> firsts = layout.levels[0].firsts;
  std::size_t taken = 0;
  for (std::uint64_t rows = 0; taken < nearest.size() && rows < effort; ++taken)
    rows += firsts[nearest[taken].row() + 1] - firsts[nearest[taken].row()];
  std::vector<RankedList> beyond;
  const std::size_t end = std::min(nearest.size(), taken + lists_beyond(taken));
  for (std::size_t leaf = taken; leaf < end; ++leaf) beyond.push_back({nearest[leaf].score(), nearest[leaf].row()});

  std::array<float, kCalibratedK.size()> misses{};
  std::size_t found = 0;
  std::size_t place = 0;
  const double rank_of_square = layout.sketch.space() == CodeSpace::cosine ? 0.5 : 1;
  const auto expected = [&](double score) {
    return static_cast<float>(
        expected_rows(layout.residuals, layout.guard.lambda, beyond, static_cast<float>(score), sketch.square()) /
        static_cast<double>(layout.trees));
  };
  for (std::size_t n = 0; n < calibration_queries.nearest[query].size() && place < misses.size(); ++n) {
    if (leaf_efforts_[query][n] > effort || ++found < kCalibratedK[place]) continue;
    misses[place++] = expected(sketch.score_of(calibration_queries.squares[query][n] * rank_of_square));
  }
  for (; place < misses.size(); ++place)
    misses[place] = expected(sketch.score_of(
        rank_of_square * square_of_more(calibration_queries.squares[query], found, kCalibratedK[place])));
  return misses;
}

// Chooses the limit at each effort that most queries stay below.
void ForestRecallProfile::choose_limits(const ForestLayout& layout, const CalibrationQueries& calibration_queries,
                                        const std::vector<SketchQuery>& sketches, std::size_t threads) {
  std::vector<std::size_t> efforts;  // efforts that need no more leaves than were stored
  for (const std::size_t effort : efforts_)
    if (effort < rows_ && effort < kMaxLeaves / 3 * layout.leaf_size &&
        (efforts.empty() || static_cast<double>(effort) >= kCoarseStep * static_cast<double>(efforts.back())))
      efforts.push_back(effort);
  std::vector<std::size_t> queries;
  for (std::size_t query = 0; query < calibration_queries.count(); ++query)
    if (!calibration_queries.nearest[query].empty()) queries.push_back(query);
  std::vector<std::array<double, 2>> places;
  for (const std::size_t query : queries) {
    const double square = sketches[query].square();
    places.push_back({std::max(0.0, double{nearest_leaves_[query].front().score()} + square), square});
  }
  guard_.see(places);
  std::vector<std::vector<std::array<float, kCalibratedK.size()>>> misses(
      efforts.size(), std::vector<std::array<float, kCalibratedK.size()>>(queries.size()));
  parallel_for(queries.size(), 1, threads, [&](std::size_t i, std::size_t, std::size_t) {
    for (std::size_t e = 0; e < efforts.size(); ++e)
      misses[e][i] = expect_misses(layout, calibration_queries, sketches[queries[i]], queries[i], efforts[e]);
  });
  for (std::size_t e = 0; e < efforts.size(); ++e) guard_.add(static_cast<double>(efforts[e]), misses[e]);
}

// Returns the effort that examines this fraction of all neighbours' leaves.
std::uint64_t ForestRecallProfile::effort_within(double fraction) const {
  std::vector<std::uint64_t> all;
  for (const std::vector<std::uint64_t>& efforts : leaf_efforts_) all.insert(all.end(), efforts.begin(), efforts.end());
  if (all.empty()) return 1;
  const auto place = static_cast<std::size_t>(fraction * static_cast<double>(all.size() - 1));
  std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(place), all.end());
  return std::min<std::uint64_t>(all[place], rows_);
}

// Returns, for each node of a level, how many rows are in nodes whose centroids are nearer to the query: those examined
// before it.
std::vector<std::uint64_t> ForestRecallProfile::rows_before(const ForestLayout& layout, const SketchQuery& sketch,
                                                            std::size_t level, const std::vector<std::uint64_t>& rows,
                                                            std::vector<Scored>& nodes) const {
  const std::size_t count = rows.size();
  const std::uint64_t first = layout.levels[level].begin;
  std::vector<std::int32_t> dots(count);
  const MatrixView codes = layout.node_codes->rows(first, first + count);
  kernels::table().screen.rows(sketch.bytes(), {codes.data, codes.stride, nullptr, count}, width_, 0, dots.data());
  const std::span<const float> offsets = layout.node_offsets->items<float>(first, count);
  nodes.clear();
  nodes.reserve(count);
  for (std::uint32_t node = 0; node < count; ++node)
    nodes.emplace_back(offsets[node] + sketch.centroid_scale() * static_cast<float>(dots[node]), node);
  std::sort(nodes.begin(), nodes.end());
  std::vector<std::uint64_t> before(count);
  std::uint64_t sum = 0;
  for (const Scored& node : nodes) {
    before[node.row()] = sum;
    sum += rows[node.row()];
  }
  return before;
}

// Returns the least effort that examines each leaf: the number of nearer rows or, if a group that it belongs to is
// further away than that, the number that makes the search take the group (ranking.h).
std::vector<std::uint64_t> ForestRecallProfile::efforts_of_leaves(const ForestLayout& layout, const SketchQuery& sketch,
                                                                  std::vector<Scored>& nearest) const {
  std::vector<std::uint64_t> above;  // efforts of the level above, by its nodes
  for (std::size_t level = layout.levels.size(); level-- > 0;) {
    std::vector<std::uint64_t> efforts = rows_before(layout, sketch, level, node_rows_[level], nearest);
    for (std::uint64_t& effort : efforts) effort = level == 0 ? effort + 1 : effort / kWiden + 1;
    for (std::size_t node = 0; node < above.size(); ++node) {
      const std::span<const std::uint64_t> children = layout.levels[level + 1].firsts.subspan(node, 2);
      for (std::uint64_t child = children[0]; child < children[1]; ++child)
        efforts[child] = std::max(efforts[child], above[node]);
    }
    above.swap(efforts);
  }
  return above;
}

void ForestRecallProfile::find_leaves(const std::string& file, const ForestLayout& layout,
                                      const CalibrationQueries& calibration_queries,
                                      const std::vector<SketchQuery>& sketches, std::size_t threads,
                                      const Monitor& monitor) {
  for (const StoredLevel& level : layout.levels) {
    std::vector<std::uint64_t> rows(level.nodes(), 0);
    for (std::size_t node = 0; node < rows.size(); ++node)
      for (std::uint64_t child = level.firsts[node]; child < level.firsts[node + 1]; ++child)
        rows[node] += node_rows_.empty() ? 1 : node_rows_.back()[child];
    node_rows_.push_back(std::move(rows));
  }
  nearest_leaves_.resize(leaf_efforts_.size());
  const LeavesOfRows leaves(file, layout.tree_rows->all<std::uint32_t>(), layout.levels[0].firsts, calibration_queries,
                            rows_);
  const auto rank = [&](std::size_t query, std::size_t, std::size_t) {
    std::vector<Scored>& nearest = nearest_leaves_[query];
    const std::vector<std::uint64_t> efforts = efforts_of_leaves(layout, sketches[query], nearest);
    nearest.resize(std::min(nearest.size(), kMaxLeaves));
    nearest.shrink_to_fit();
    for (std::size_t i = 0; i < leaf_efforts_[query].size(); ++i)
      for (const std::uint32_t leaf : leaves.of(calibration_queries.nearest[query][i]))
        leaf_efforts_[query][i] = std::min(leaf_efforts_[query][i], efforts[leaf]);
  };
  parallel_for(leaf_efforts_.size(), 1, threads, rank, monitor);
}

// Returns which fraction of the ten nearest rows in examined leaves a search finds: nearly the same for any effort. A
// search for one neighbour looks for ten (search.cpp), and one for a hundred finds no smaller fraction.
double ForestRecallProfile::sketch_recall(const ForestIndex& forest, const CalibrationQueries& calibration_queries,
                                          const BuildOptions& build, const Monitor& monitor) const {
  constexpr std::size_t kNeighbours = 10;
  const EncodedQueries encoded(calibration_queries, forest.descriptor().element);
  Request request;
  std::size_t copies = 0;
  for (const std::vector<std::uint32_t>& own : calibration_queries.near_copies) copies = std::max(copies, own.size());
  request.k = kNeighbours + copies + (calibration_queries.rows.empty() ? 0 : 1);  // the row itself is found, too
  request.effort = std::clamp<std::uint64_t>(effort_within(kMax), 2 * kMaxNeighbours, kMaxSearched);
  request.threads = build.threads;
  request.monitor = monitor;
  double reached = 0;
  double found = 0;
  const std::vector<SearchResult> results = search_within(forest, encoded.view(), request, build.memory);
  for (std::size_t query = 0; query < results.size(); ++query) {
    std::vector<std::uint32_t> rows = results[query].rows;
    std::erase_if(rows, [&](std::uint32_t row) {
      return calibration_queries.is_near_copy(query, row) ||
             (!calibration_queries.rows.empty() && row == calibration_queries.rows[query]);
    });
    rows.resize(std::min(rows.size(), kNeighbours));
    const std::vector<std::uint32_t>& nearest = calibration_queries.nearest[query];
    for (std::size_t n = 0; n < std::min(kNeighbours, nearest.size()); ++n) {
      if (leaf_efforts_[query][n] > *request.effort) continue;
      ++reached;
      found += std::find(rows.begin(), rows.end(), nearest[n]) != rows.end() ? 1 : 0;
    }
  }
  return reached > 0 ? found / reached : 1;
}

std::vector<double> ForestRecallProfile::found(std::size_t k, std::size_t effort) const {
  effort = std::max(effort, k);  // as in a search
  const double found_fraction = effort >= rows_ ? 1 : sketch_recall_;
  std::vector<double> counts;
  for (std::size_t query = 0; query < leaf_efforts_.size(); ++query) {
    const std::vector<std::uint64_t>& efforts = leaf_efforts_[query];
    const std::size_t wanted = std::min(k, efforts.size());
    const std::size_t as_near = count_as_near(as_near_[query], efforts.size(), k);
    const auto reached = std::count_if(efforts.begin(), efforts.begin() + static_cast<std::ptrdiff_t>(as_near),
                                       [&](std::uint64_t least) { return effort >= rows_ || least <= effort; });
    counts.push_back(found_fraction *
                     static_cast<double>(std::min<std::size_t>(static_cast<std::size_t>(reached), wanted)));
  }
  return counts;
}

ProfileCost ForestRecallProfile::cost(std::size_t k, std::size_t effort) const {
  // Approximate number of rows compared after ranking by their sketches.
  const double compared = 20 + 2.5 * static_cast<double>(k);
  const auto looked = static_cast<double>(effort);
  const double nanoseconds = kForestQueryCost + looked * leaf_row_cost(width_) + compared * full_row_cost(row_bytes_);
  return {looked + compared, 1e-9 * nanoseconds};
}

}  // namespace nearabout
