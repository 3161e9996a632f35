// Centroids of lists, learnt from a sample of the rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/calibration/calibration_queries.h"
#include "index/ivf/encode.h"
#include "transform/sample.h"

namespace nearabout {

// The sample that all attempts at centroids share. Rows are read when they are projected, and only bytes are kept of
// them: floats of a small part, to measure with.
class Clustering {
 public:
  // `read` delivers transformed rows. Sets the step of points of `learnt`, whose directions and shape it needs. Rows
  // that may be calibration queries (held_out_rows) stay out of the sample: had they shaped the lists, they would find
  // their neighbours more easily than others. (Where there are few rows it cannot be helped.)
  Clustering(LearntLists& learnt, const RowReader& read, const CalibrationQueries& calibration_queries,
             std::size_t rows, std::size_t lists, std::size_t threads);

  std::vector<std::int8_t> centroids(std::size_t lists) const;
  // Half as many as usual, or twice as many, where a query that finds `recall` of its neighbours is measured to cost
  // clearly less.
  std::vector<std::int8_t> measured_centroids(std::size_t usual, double recall) const;
  // The part of a row's squared residual that lies along the way to another row's centroid, on average: the lambda of
  // guard.h.
  double alignment(const std::vector<std::int8_t>& centroids) const;

 private:
  std::vector<float> projections(const RowReader& read, std::size_t begin, std::size_t end, std::size_t step) const;

  LearntLists& learnt_;
  const CalibrationQueries& calibration_queries_;
  std::size_t rows_, threads_;
  std::vector<std::size_t> sample_;  // row numbers
  std::vector<float> seen_;          // projections of some
  std::vector<std::int8_t> points_;  // of all of the sample
};

}  // namespace nearabout
