#include "index/forest/leaf_efforts.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/threads.h"
#include "index/forest/ranking.h"
#include "kernels/kernels.h"

namespace nearabout::forest {
namespace {

// The leaves, one per tree, of all rows that are near some calibration query.
class LeavesOfRows {
 public:
  LeavesOfRows(const std::string& file, std::span<const std::uint32_t> tree_rows, std::span<const std::uint64_t> firsts,
               const calibration::CalibrationQueries& calibration_queries, std::size_t rows)
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

using NodeRows = std::vector<std::vector<std::uint64_t>>;  // rows of each node, by level

NodeRows count_rows(const ForestLayout& layout) {
  NodeRows node_rows;
  for (const StoredLevel& level : layout.levels) {
    std::vector<std::uint64_t> rows(level.nodes(), 0);
    for (std::size_t node = 0; node < rows.size(); ++node)
      for (std::uint64_t child = level.firsts[node]; child < level.firsts[node + 1]; ++child)
        rows[node] += node_rows.empty() ? 1 : node_rows.back()[child];
    node_rows.push_back(std::move(rows));
  }
  return node_rows;
}

// Returns, for each node of a level, how many rows are in nodes whose centroids are nearer to the query: those examined
// before it. Sets `nodes` to the nodes of the level, nearest first.
std::vector<std::uint64_t> rows_before(const ForestLayout& layout, const quantize::SketchQuery& sketch,
                                       std::size_t level, const std::vector<std::uint64_t>& rows,
                                       std::vector<Scored>& nodes) {
  const std::size_t count = rows.size();
  const std::uint64_t first = layout.levels[level].begin;
  std::vector<std::int32_t> dots(count);
  const MatrixView codes = layout.node_codes->rows(first, first + count);
  kernels::table().screen.rows(sketch.bytes(), {codes.data, codes.stride, nullptr, count}, layout.sketch.width(), 0,
                               dots.data());
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
// further away than that, the number that makes the search take the group (ranking.h). Sets `nearest` to all leaves,
// nearest first.
std::vector<std::uint64_t> efforts_of_leaves(const ForestLayout& layout, const NodeRows& node_rows,
                                             const quantize::SketchQuery& sketch, std::vector<Scored>& nearest) {
  std::vector<std::uint64_t> above;  // efforts of the level above, by its nodes
  for (std::size_t level = layout.levels.size(); level-- > 0;) {
    std::vector<std::uint64_t> efforts = rows_before(layout, sketch, level, node_rows[level], nearest);
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

}  // namespace

std::uint64_t LeafEfforts::within(double fraction) const {
  std::vector<std::uint64_t> all;
  for (const std::vector<std::uint64_t>& efforts : of_neighbours) all.insert(all.end(), efforts.begin(), efforts.end());
  if (all.empty()) return 1;
  const auto place = static_cast<std::size_t>(fraction * static_cast<double>(all.size() - 1));
  std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(place), all.end());
  return all[place];
}

LeafEfforts find_leaf_efforts(const std::string& file, const ForestLayout& layout,
                              const calibration::CalibrationQueries& calibration_queries,
                              std::span<const quantize::SketchQuery> sketches, std::size_t threads,
                              const Monitor& monitor) {
  LeafEfforts found;
  for (const std::vector<std::uint32_t>& nearest : calibration_queries.nearest)
    found.of_neighbours.emplace_back(nearest.size(), LeafEfforts::kNever);
  found.nearest.resize(found.of_neighbours.size());
  const NodeRows node_rows = count_rows(layout);
  const LeavesOfRows leaves(file, layout.tree_rows->all<std::uint32_t>(), layout.levels[0].firsts, calibration_queries,
                            layout.descriptor.rows);
  const auto rank = [&](std::size_t query, std::size_t, std::size_t) {
    std::vector<Scored>& nearest = found.nearest[query];
    const std::vector<std::uint64_t> efforts = efforts_of_leaves(layout, node_rows, sketches[query], nearest);
    nearest.resize(std::min(nearest.size(), LeafEfforts::kMaxNearest));
    nearest.shrink_to_fit();
    std::vector<std::uint64_t>& own = found.of_neighbours[query];
    for (std::size_t i = 0; i < own.size(); ++i)
      for (const std::uint32_t leaf : leaves.of(calibration_queries.nearest[query][i]))
        own[i] = std::min(own[i], efforts[leaf]);
  };
  parallel_for(found.of_neighbours.size(), 1, threads, rank, monitor);
  return found;
}

}  // namespace nearabout::forest
