// Follows calibration queries through a tree: how many leaves are nearer than that of each true neighbour, and how many
// an exact search visits.
#pragma once

#include <cstddef>
#include <vector>

#include "index/calibration/calibration_queries.h"
#include "index/calibration/recall_profile.h"
#include "index/kdtree/kdtree.h"

namespace nearabout::kdtree {

class KdTreeRecallProfile : public calibration::RecallProfile {
 public:
  KdTreeRecallProfile(const KdTreeIndex& tree, const calibration::CalibrationQueries& queries,
                      const index::BuildOptions& build, const Monitor& monitor);

  const std::vector<std::size_t>& efforts() const override { return efforts_; }
  std::vector<double> found(std::size_t k, std::size_t effort) const override;
  calibration::ProfileCost cost(std::size_t k, std::size_t effort) const override;
  void write(storage::Writer& writer) const override;

 private:
  struct Followed {
    std::vector<std::size_t> efforts;  // at which each true neighbour is found, in order of distance
    Visits visits{};
  };
  void follow(const std::vector<std::uint32_t>& places, Descent& descent,
              const calibration::CalibrationQueries& queries, std::size_t query);

  const KdTreeIndex& tree_;
  std::vector<calibration::AsNear> as_near_;
  std::vector<Followed> followed_;
  std::vector<std::size_t> efforts_;
};

}  // namespace nearabout::kdtree
