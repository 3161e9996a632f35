// The order in which searches examine the leaves, for calibration queries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/monitor.h"
#include "base/scored.h"
#include "index/calibration/calibration_queries.h"
#include "index/forest/layout.h"

namespace nearabout::forest {

struct LeafEfforts {
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::size_t kMaxNearest = 2'048;

  // The least effort that examines the leaf of a neighbour; for each query's neighbours, nearest first.
  std::vector<std::vector<std::uint64_t>> of_neighbours;
  // The nearest leaves of each query, at most kMaxNearest.
  std::vector<std::vector<Scored>> nearest;

  // Returns the effort that examines this fraction of all neighbours' leaves; kNever if some are in no leaf.
  std::uint64_t within(double fraction) const;
};

// `sketches` are those of the calibration queries. Throws CorruptFileError, which names `file`, if a neighbour is in
// none of the trees.
LeafEfforts find_leaf_efforts(const std::string& file, const ForestLayout& layout,
                              const calibration::CalibrationQueries& calibration_queries,
                              std::span<const quantize::SketchQuery> sketches, std::size_t threads,
                              const Monitor& monitor);

}  // namespace nearabout::forest
