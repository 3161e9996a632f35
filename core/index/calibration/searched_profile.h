// The recall profile of any kind: searches the calibration queries at a ladder of efforts.
//
// Used to calibrate a kind unless it has a faster profile of its own; tests compare those with this one.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "index/calibration/calibration.h"
#include "index/calibration/calibration_queries.h"
#include "index/calibration/recall_profile.h"
#include "index/searcher.h"

namespace nearabout::calibration {

class SearchedProfile : public RecallProfile {
 public:
  // Efforts are tried until searches find this fraction of the neighbours, whatever their number. Where efforts are
  // worth their cost only up to a point, they are tried until the next one is thought to cost more than comparing every
  // row, or until one of twice the effort finds as good as no more; and then the largest.
  struct Until {
    double found = 1;
    bool worthwhile = false;
  };

  SearchedProfile(const index::Searcher& index, const CalibrationQueries& queries, const index::BuildOptions& build,
                  const Monitor& monitor, const Until& until);
  SearchedProfile(const index::Searcher& index, const CalibrationQueries& queries, const index::BuildOptions& build,
                  const Monitor& monitor)
      : SearchedProfile(index, queries, build, monitor, Until{}) {}

  const std::vector<std::size_t>& efforts() const override { return efforts_; }
  std::vector<double> found(std::size_t k, std::size_t effort) const override;
  ProfileCost cost(std::size_t k, std::size_t effort) const override;

 private:
  // For each of kCalibratedK, the number of neighbours that each query finds.
  using Found = std::array<std::vector<double>, kCalibratedK.size()>;

  // Searches for all queries with one effort.
  Found count_found(MatrixView encoded, std::size_t effort, const index::BuildOptions& build) const;
  void find_themselves(MatrixView encoded, index::Request request, const index::BuildOptions& build,
                       std::vector<double>& found) const;
  static bool has_found(const std::vector<double>& found, const std::vector<double>& all, double fraction);
  // Returns whether comparing every row is thought to be cheaper, for any number of neighbours.
  bool costs_too_much(std::size_t effort) const;
  // Returns whether the last few efforts, of which the last is twice the first, found more and more.
  bool still_gains() const;
  // Returns what a search finds that misses nothing.
  Found all_neighbours() const;
  std::size_t place_of(std::size_t effort) const;

  const index::Searcher& index_;
  const CalibrationQueries& queries_;
  std::vector<std::size_t> efforts_;
  std::vector<Found> found_;                            // for each effort
  std::array<bool, kCalibratedK.size()> is_settled_{};  // whether more effort finds as good as no more
};

// Returns how many of its k nearest neighbours a search with this effort finds for calibration query `query`, whose
// result is given: skips the query's own row, its copies and its near copies.
double neighbours_found(const CalibrationQueries& queries, std::size_t query, std::size_t k,
                        const index::SearchResult& result);

}  // namespace nearabout::calibration
