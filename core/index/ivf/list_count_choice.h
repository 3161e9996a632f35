// How many lists: what a query would cost with them, measured on a part of the sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/calibration/calibration_queries.h"
#include "index/ivf/encode.h"

namespace nearabout {

class ListCountEvaluator {
 public:
  // `projections` are those of a sample of the `rows`, each of directions.outputs. Of `learnt` it needs the directions,
  // the shape of codes and the step of points.
  ListCountEvaluator(const LearntLists& learnt, const std::vector<float>& projections,
                     const CalibrationQueries& calibration_queries, std::size_t rows, double recall,
                     std::size_t threads);

  // Nanoseconds, about, of a query that finds that share of its neighbours, were the rows parted around `centroids`.
  double cost(const std::vector<std::int8_t>& centroids) const;

 private:
  // Of one query: where the lists of its neighbours are in its ranking, and how many rows the lists up to each place
  // have.
  struct Ranking {
    std::vector<std::size_t> places;
    std::vector<double> rows;
  };
  void find_neighbours(const std::vector<float>& projections, std::vector<float> queries, std::size_t wanted);
  Ranking rank(std::size_t query, const std::vector<std::int8_t>& centroids, const std::vector<std::uint32_t>& lists,
               const std::vector<double>& sizes) const;

  const LearntLists& learnt_;
  std::size_t threads_;
  double recall_;
  double fraction_ = 1;               // of all rows, that are looked at
  std::vector<std::int8_t> points_;   // those rows
  std::vector<std::int8_t> queries_;  // as points, too
  std::vector<std::vector<std::uint32_t>> neighbours_;
};

}  // namespace nearabout
