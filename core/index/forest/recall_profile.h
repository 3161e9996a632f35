// Replays calibration queries through a forest: at which effort the leaf of each true neighbour is examined, and which
// neighbours their sketches then separate from the other rows of their leaves.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/scored.h"
#include "index/calibration/calibration.h"
#include "index/calibration/guard.h"
#include "index/forest/forest.h"

namespace nearabout {

class ForestRecallProfile : public RecallProfile {
 public:
  ForestRecallProfile(const ForestIndex& forest, const CalibrationQueries& calibration_queries,
                      const BuildOptions& build, const Monitor& monitor);

  const std::vector<std::size_t>& efforts() const override { return efforts_; }
  std::vector<double> found(std::size_t k, std::size_t effort) const override;
  ProfileCost cost(std::size_t k, std::size_t effort) const override;
  void write(storage::Writer& writer) const override { write_guard(writer, guard_); }

 private:
  // Sets `nearest` to the nodes of the level, nearest first.
  std::vector<std::uint64_t> rows_before(const ForestLayout& layout, const SketchQuery& sketch, std::size_t level,
                                         const std::vector<std::uint64_t>& rows, std::vector<Scored>& nearest) const;
  std::vector<std::uint64_t> efforts_of_leaves(const ForestLayout& layout, const SketchQuery& sketch,
                                               std::vector<Scored>& nearest) const;
  void choose_limits(const ForestLayout& layout, const CalibrationQueries& calibration_queries,
                     const std::vector<SketchQuery>& sketches, std::size_t threads);
  std::array<float, kCalibratedK.size()> expect_misses(const ForestLayout& layout,
                                                       const CalibrationQueries& calibration_queries,
                                                       const SketchQuery& sketch, std::size_t query,
                                                       std::size_t effort) const;
  std::uint64_t effort_within(double fraction) const;
  void find_leaves(const std::string& file, const ForestLayout& layout, const CalibrationQueries& calibration_queries,
                   const std::vector<SketchQuery>& sketches, std::size_t threads, const Monitor& monitor);
  double sketch_recall(const ForestIndex& forest, const CalibrationQueries& calibration_queries,
                       const BuildOptions& build, const Monitor& monitor) const;

  std::size_t rows_;
  std::size_t width_;  // bytes of a sketch
  std::size_t row_bytes_;
  std::vector<std::vector<std::uint64_t>> node_rows_;  // rows of each node, by level
  // The least effort that examines the leaf of a neighbour; for each query's neighbours, nearest first.
  std::vector<std::vector<std::uint64_t>> leaf_efforts_;
  std::vector<AsNear> as_near_;
  std::vector<std::vector<Scored>> nearest_leaves_;  // for each query, while limits are chosen
  Guard guard_;
  double sketch_recall_ = 1;  // fraction of the neighbours in examined leaves that their sketches find
  std::vector<std::size_t> efforts_;
};

}  // namespace nearabout
