// Replays calibration queries through lists of codes: where each true neighbour is among the lists and among the most
// promising rows, from one scan of all lists; then the cheapest lists and depths for each recall.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/calibration/calibration_queries.h"
#include "index/calibration/recall_profile.h"
#include "index/ivf/costs.h"
#include "index/ivf/curve.h"
#include "index/ivf/layout.h"
#include "index/ivf/scan.h"

namespace nearabout::ivf {

class IvfRecallProfile : public calibration::RecallProfile {
 public:
  IvfRecallProfile(const IvfLayout& layout, const PageCacheMonitor& page_cache,
                   const calibration::CalibrationQueries& calibration_queries, const index::BuildOptions& build,
                   const Monitor& monitor);

  const std::vector<std::size_t>& efforts() const override { return probes_; }
  std::vector<double> found(std::size_t k, std::size_t effort) const override;
  calibration::ProfileCost cost(std::size_t k, std::size_t effort) const override;
  void write(storage::Writer& writer) const override;

 private:
  // For a neighbour and each number of lists tried: how many rows look nearer, and how many are nearer by their bytes
  // if these decide. kUnreached if its list is not reached, or if too many look nearer.
  struct Place {
    std::uint16_t nearer, better;
  };
  static constexpr std::uint16_t kUnreached = 0xFFFF;
  struct Candidate {
    float estimate;
    float rank;                // reduced distance by its bytes, if those are compared
    std::uint32_t list_place;  // place of its list among all lists by distance
    std::uint32_t neighbour;   // its number among the neighbours; larger than any for other rows
  };
  // The results of one scan of all lists for a query.
  struct Seen {
    double nearest_square, square;
    std::vector<Candidate> candidates;
    std::vector<double> rows;  // rows of the nearest lists, for each of `probes_`
    // Expected misses after each number of lists in `guarded_` (guard.h), for each of kCalibratedK neighbours.
    std::vector<std::array<float, calibration::kCalibratedK.size()>> misses;
  };
  struct Found;

  void look_at(const IvfLayout& layout, const PageCacheMonitor& page_cache,
               const calibration::CalibrationQueries& calibration_queries, std::size_t begin, std::size_t end,
               std::vector<Seen>& seen);
  // Sorts the lists, and returns the place of each.
  std::vector<std::uint32_t> list_places(const IvfLayout& layout, std::vector<calibration::RankedList>& ranked,
                                         Seen& seen) const;
  void expect_misses(const IvfLayout& layout, const std::vector<calibration::RankedList>& ranked, Seen& seen) const;
  void choose_limits(const std::vector<Seen>& seen);
  void take_candidates(const IvfLayout& layout, const calibration::CalibrationQueries& calibration_queries,
                       std::size_t query, ListScan& scan, std::size_t number, const std::vector<std::uint32_t>& places,
                       Seen& seen) const;
  void rank_by_bytes(const IvfLayout& layout, const float* query, const std::vector<std::uint32_t>& rows,
                     std::vector<Candidate>& candidates) const;
  double rows_of(const Seen& seen, std::size_t effort) const;
  void fit_probes(const std::vector<Seen>& seen);
  void settle(std::size_t query, const Seen& seen);
  template <class Rank, class Of>
  void place(std::size_t query, const std::vector<Candidate>& candidates, const std::vector<std::uint16_t>& steps,
             Rank rank, Of of);
  bool is_found(const Place& place, std::size_t k, std::size_t depth) const;
  Found count_all(std::size_t k, std::size_t threads) const;
  CurvePoint cheapest(double recall, std::size_t k, const Found& found) const;
  void choose_points(std::size_t threads);
  double nanoseconds(const PartCosts& parts, std::size_t step, double depth) const;
  Place* places(std::size_t query, std::size_t step) {
    return places_.data() + (query * probes_.size() + step) * calibration::kMaxNeighbours;
  }
  const Place* places(std::size_t query, std::size_t step) const {
    return places_.data() + (query * probes_.size() + step) * calibration::kMaxNeighbours;
  }

  index::DistanceSource distance_source_;
  quantize::CodeShape shape_;
  std::size_t row_bytes_;  // bytes read to compare a row
  index::Tuning tuning_;
  std::vector<std::size_t> probes_;   // the numbers of lists tried
  std::vector<std::size_t> guarded_;  // those for which a limit of misses is chosen
  std::vector<std::uint32_t> list_of_block_;
  std::vector<std::size_t> neighbours_;  // for each query
  // For each query, how many neighbours are as near as the k-th, for k in kCalibratedK.
  std::vector<calibration::AsNear> as_near_;
  std::vector<double> scanned_;  // rows of that many lists, for an average query
  AdaptiveProbes adaptive_probes_;
  std::vector<Place> places_;  // queries x probes_ x kMaxNeighbours
  Curves curves_;
  calibration::Guard guard_;
};

}  // namespace nearabout::ivf
