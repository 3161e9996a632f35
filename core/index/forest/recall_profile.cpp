#include "index/forest/recall_profile.h"

#include <algorithm>
#include <cmath>

#include "index/forest/costs.h"
#include "index/forest/guard_limits.h"

namespace nearabout::forest {
namespace {

constexpr double kStep = 1.07;  // ratio of one effort to the next
// Fraction of all neighbours found by the largest effort tried, except for that of all rows.
constexpr double kNearlyAll = 0.999;
constexpr double kMax = 0.99;                  // fraction of neighbours within the effort that calibration searches use
constexpr std::uint64_t kMaxSearched = 4'000;  // and at most this many rows: the data read has to fit a memory budget

}  // namespace

ForestRecallProfile::ForestRecallProfile(const ForestIndex& forest,
                                         const calibration::CalibrationQueries& calibration_queries,
                                         const index::BuildOptions& build, const Monitor& monitor)
    : rows_(forest.rows()),
      width_(forest.layout().sketch.width()),
      row_bytes_(row_bytes(forest.descriptor().element, forest.dims())),
      as_near_(calibration_queries.as_near) {
  const ForestLayout& layout = forest.layout();
  const std::vector<quantize::SketchQuery> sketches =
      quantize::SketchQuery::bind(layout.sketch, calibration_queries.vectors.data(), calibration_queries.count());
  leaves_ = find_leaf_efforts(forest.file().name(), layout, calibration_queries, sketches, build.threads,
                              subprogress(monitor, 0.0, 0.5));
  const std::uint64_t most = effort_within(kNearlyAll);
  for (double effort = static_cast<double>(forest.effort().min); effort < static_cast<double>(most);
       effort = std::max(effort + 1, std::ceil(effort * kStep)))
    efforts_.push_back(static_cast<std::size_t>(effort));
  if (most < rows_) efforts_.push_back(most);
  efforts_.push_back(rows_);
  sketch_recall_ = sketch_recall(forest, calibration_queries, build, subprogress(monitor, 0.5, 1.0));
  if (layout.is_guarded())
    guard_ = learn_guard(layout, calibration_queries, sketches, leaves_, efforts_, build.threads);
  leaves_.nearest.clear();
}

std::uint64_t ForestRecallProfile::effort_within(double fraction) const {
  return std::min<std::uint64_t>(leaves_.within(fraction), rows_);
}

// Returns which fraction of the ten nearest rows in examined leaves a search finds: nearly the same for any effort. A
// search for one neighbour looks for ten (search.cpp), and one for a hundred finds no smaller fraction.
double ForestRecallProfile::sketch_recall(const ForestIndex& forest,
                                          const calibration::CalibrationQueries& calibration_queries,
                                          const index::BuildOptions& build, const Monitor& monitor) const {
  constexpr std::size_t kNeighbours = 10;
  const calibration::EncodedQueries encoded(calibration_queries, forest.descriptor().element);
  index::Request request;
  std::size_t copies = 0;
  for (const std::vector<std::uint32_t>& own : calibration_queries.near_copies) copies = std::max(copies, own.size());
  request.k = kNeighbours + copies + (calibration_queries.rows.empty() ? 0 : 1);  // the row itself is found, too
  request.effort = std::clamp<std::uint64_t>(effort_within(kMax), 2 * calibration::kMaxNeighbours, kMaxSearched);
  request.threads = build.threads;
  request.monitor = monitor;
  double reached = 0;
  double found = 0;
  const std::vector<index::SearchResult> results =
      calibration::search_within(forest, encoded.view(), request, build.memory);
  for (std::size_t query = 0; query < results.size(); ++query) {
    std::vector<std::uint32_t> rows = results[query].rows;
    std::erase_if(rows, [&](std::uint32_t row) {
      return calibration_queries.is_near_copy(query, row) ||
             (!calibration_queries.rows.empty() && row == calibration_queries.rows[query]);
    });
    rows.resize(std::min(rows.size(), kNeighbours));
    const std::vector<std::uint32_t>& nearest = calibration_queries.nearest[query];
    for (std::size_t n = 0; n < std::min(kNeighbours, nearest.size()); ++n) {
      if (leaves_.of_neighbours[query][n] > *request.effort) continue;
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
  for (std::size_t query = 0; query < leaves_.of_neighbours.size(); ++query) {
    const std::vector<std::uint64_t>& efforts = leaves_.of_neighbours[query];
    const std::size_t wanted = std::min(k, efforts.size());
    const std::size_t as_near = calibration::count_as_near(as_near_[query], efforts.size(), k);
    const auto reached = std::count_if(efforts.begin(), efforts.begin() + static_cast<std::ptrdiff_t>(as_near),
                                       [&](std::uint64_t least) { return effort >= rows_ || least <= effort; });
    counts.push_back(found_fraction *
                     static_cast<double>(std::min<std::size_t>(static_cast<std::size_t>(reached), wanted)));
  }
  return counts;
}

calibration::ProfileCost ForestRecallProfile::cost(std::size_t k, std::size_t effort) const {
  // Approximate number of rows compared after ranking by their sketches.
  const double compared = 20 + 2.5 * static_cast<double>(k);
  const auto looked = static_cast<double>(effort);
  const double nanoseconds = kForestQueryCost + looked * leaf_row_cost(width_) + compared * full_row_cost(row_bytes_);
  return {looked + compared, 1e-9 * nanoseconds};
}

}  // namespace nearabout::forest
