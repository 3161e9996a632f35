// Replays calibration queries through a forest: at which effort the leaf of each true neighbour is examined, and which
// neighbours their sketches then separate from the other rows of their leaves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/calibration/calibration.h"
#include "index/calibration/guard.h"
#include "index/calibration/recall_profile.h"
#include "index/forest/forest.h"
#include "index/forest/leaf_efforts.h"

namespace nearabout::forest {

class ForestRecallProfile : public calibration::RecallProfile {
 public:
  ForestRecallProfile(const ForestIndex& forest, const calibration::CalibrationQueries& calibration_queries,
                      const index::BuildOptions& build, const Monitor& monitor);

  const std::vector<std::size_t>& efforts() const override { return efforts_; }
  std::vector<double> found(std::size_t k, std::size_t effort) const override;
  calibration::ProfileCost cost(std::size_t k, std::size_t effort) const override;
  void write(storage::Writer& writer) const override { calibration::write_guard(writer, guard_); }

 private:
  std::uint64_t effort_within(double fraction) const;
  double sketch_recall(const ForestIndex& forest, const calibration::CalibrationQueries& calibration_queries,
                       const index::BuildOptions& build, const Monitor& monitor) const;

  std::size_t rows_;
  std::size_t width_;  // bytes of a sketch
  std::size_t row_bytes_;
  LeafEfforts leaves_;
  std::vector<calibration::AsNear> as_near_;
  calibration::Guard guard_;
  double sketch_recall_ = 1;  // fraction of the neighbours in examined leaves that their sketches find
  std::vector<std::size_t> efforts_;
};

}  // namespace nearabout::forest
