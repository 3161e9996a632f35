// Chooses the number of lists by the cost of a query, measured on a part of the sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/calibration/calibration_queries.h"
#include "index/ivf/encode.h"
#include "index/tuning.h"

namespace nearabout::ivf {

class ListCountEvaluator {
 public:
  // Prepares the rows and queries. `projections` are those of a sample of the `rows`, each of directions.outputs
  // floats. Needs the directions, the shape of codes and the step of points of `learnt`.
  ListCountEvaluator(const LearntLists& learnt, const std::vector<float>& projections,
                     const calibration::CalibrationQueries& calibration_queries, std::size_t rows, double recall,
                     const index::Tuning& tuning, std::size_t threads);

  // Returns the estimated nanoseconds per query at the target recall if the rows were partitioned by `centroids`.
  double cost(const std::vector<std::int8_t>& centroids) const;

 private:
  // For one query: the places of the lists of its neighbours in its ranking, and how many rows the lists up to each
  // place have.
  struct Ranking {
    std::vector<std::size_t> places;
    std::vector<double> rows;
  };
  Ranking rank(std::size_t query, const std::vector<std::int8_t>& centroids, const std::vector<std::uint32_t>& lists,
               const std::vector<double>& sizes) const;

  const LearntLists& learnt_;
  index::Tuning tuning_;
  std::size_t threads_;
  double recall_;
  double fraction_ = 1;               // fraction of all rows that is examined
  std::vector<std::int8_t> points_;   // the examined rows
  std::vector<std::int8_t> queries_;  // as points, too
  std::vector<std::vector<std::uint32_t>> neighbours_;
};

}  // namespace nearabout::ivf
