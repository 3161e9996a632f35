#include "index/kdtree/recall_profile.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "base/error.h"
#include "base/threads.h"
#include "index/kdtree/costs.h"

namespace nearabout::kdtree {
namespace {

using calibration::kCalibratedK;

constexpr double kEffortStep = 1.15;  // ratio of one effort to the next

// Returns the place of each row in the tree.
std::vector<std::uint32_t> places_of_rows(const KdTreeLayout& layout) {
  std::vector<std::uint32_t> places(layout.shape.rows(), 0);
  const std::span<const std::uint32_t> rows = layout.rows->all<std::uint32_t>();
  for (std::uint32_t place = 0; place < rows.size(); ++place) {
    if (rows[place] >= places.size())
      throw CorruptFileError(layout.file.name() + " is corrupt: a leaf has row " + std::to_string(rows[place]) +
                             ", which does not exist. Copy or build it again.");
    places[rows[place]] = place;
  }
  return places;
}

// Returns the value of the row at this place of the tree.
float value_of(const KdTreeLayout& layout, const float* point, std::uint32_t place) {
  const float* const block = layout.block(place / kernels::kBlockRows);
  float sum = 0;
  for (std::size_t j = 0; j < layout.space.dims(); ++j) {
    const float difference = block[j * kernels::kBlockRows + place % kernels::kBlockRows] - point[j];
    sum += layout.space.is_squared() ? difference * difference : std::abs(difference);
  }
  return sum;
}

}  // namespace

KdTreeRecallProfile::KdTreeRecallProfile(const KdTreeIndex& tree, const calibration::CalibrationQueries& queries,
                                         const index::BuildOptions& build, const Monitor& monitor)
    : tree_(tree), as_near_(queries.as_near), followed_(queries.count()) {
  const std::vector<std::uint32_t> places = places_of_rows(tree.layout());
  parallel_for(
      queries.count(), 8, build.threads,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        Descent descent(tree.layout());
        for (std::size_t query = begin; query < end; ++query) follow(places, descent, queries, query);
      },
      monitor);
  std::size_t most = 1;
  for (const Followed& followed : followed_)
    for (const std::size_t effort : followed.efforts) most = std::max(most, effort);
  const std::size_t leaves = tree.layout().shape.leaves();
  for (double effort = 1; effort < static_cast<double>(std::min(most, leaves));
       effort = std::max(effort + 1, std::ceil(effort * kEffortStep)))
    efforts_.push_back(static_cast<std::size_t>(effort));
  if (most < leaves) efforts_.push_back(most);
  efforts_.push_back(leaves);
}

// The nearest leaves are visited first whatever the number of neighbours, so one way serves for all.
void KdTreeRecallProfile::follow(const std::vector<std::uint32_t>& places, Descent& descent,
                                 const calibration::CalibrationQueries& queries, std::size_t query) {
  const KdTreeLayout& layout = tree_.layout();
  const std::vector<std::uint32_t>& nearest = queries.nearest[query];
  Followed& followed = followed_[query];
  followed.efforts.assign(nearest.size(), layout.shape.leaves());
  std::vector<float> point(layout.space.dims());
  if (nearest.empty() || !layout.space.map_query(queries.vector(query), point.data())) return;
  std::vector<float> values;
  for (const std::uint32_t row : nearest) values.push_back(value_of(layout, point.data(), places[row]));
  const float farthest = layout.space.limit(double{*std::max_element(values.begin(), values.end())});
  std::vector<float> boxes;
  std::vector<std::size_t> leaves;
  descent.each_nearest(point.data(), farthest, [&](std::size_t leaf, float value) {
    leaves.push_back(leaf);
    boxes.push_back(value);
    return true;
  });
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    const auto at = std::find(leaves.begin(), leaves.end(), places[nearest[i]] / layout.shape.leaf_size());
    if (at != leaves.end()) followed.efforts[i] = static_cast<std::size_t>(at - leaves.begin()) + 1;
  }
  for (std::size_t k = 0; k < kCalibratedK.size(); ++k) {
    const float last = values[std::min(kCalibratedK[k], values.size()) - 1];
    followed.visits[k] = static_cast<double>(std::upper_bound(boxes.begin(), boxes.end(), last) - boxes.begin());
  }
}

std::vector<double> KdTreeRecallProfile::found(std::size_t k, std::size_t effort) const {
  effort = std::max(effort, tree_.least_effort(k));
  std::vector<double> counts;
  for (std::size_t query = 0; query < followed_.size(); ++query) {
    const std::vector<std::size_t>& efforts = followed_[query].efforts;
    const std::size_t as_near = calibration::count_as_near(as_near_[query], efforts.size(), k);
    const auto reached = std::count_if(efforts.begin(), efforts.begin() + static_cast<std::ptrdiff_t>(as_near),
                                       [&](std::size_t least) { return least <= effort; });
    counts.push_back(static_cast<double>(std::min({static_cast<std::size_t>(reached), k, efforts.size()})));
  }
  return counts;
}

// A search visits no leaf that can hold no neighbour, so most queries take less than their effort.
calibration::ProfileCost KdTreeRecallProfile::cost(std::size_t k, std::size_t effort) const {
  const KdTreeLayout& layout = tree_.layout();
  const auto measured = std::find(kCalibratedK.begin(), kCalibratedK.end(), k);
  double visited = 0;
  for (const Followed& followed : followed_) {
    const auto all = static_cast<double>(effort);
    visited += measured == kCalibratedK.end()
                   ? all
                   : std::min(all, followed.visits[static_cast<std::size_t>(measured - kCalibratedK.begin())]);
  }
  visited /= static_cast<double>(std::max<std::size_t>(followed_.size(), 1));
  return {visited * static_cast<double>(layout.shape.leaf_size()), 1e-9 * ordered_descent_cost(layout, k, visited)};
}

void KdTreeRecallProfile::write(storage::Writer& writer) const {
  Visits mean{};
  for (const Followed& followed : followed_)
    for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += followed.visits[k] / static_cast<double>(followed_.size());
  write_visits(writer, mean);
}

}  // namespace nearabout::kdtree
