// Centroids of lists, learnt from a sample of the rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/calibration/calibration_queries.h"
#include "index/ivf/encode.h"
#include "index/tuning.h"
#include "quantize/kmeans.h"
#include "transform/sample.h"

namespace nearabout::ivf {

// Returns the number of rows that centroids of so many lists are learnt from.
std::size_t clustered_rows(std::size_t rows, std::size_t lists);
// Returns of how many of them the projections are held as floats.
std::size_t projected_rows(std::size_t clustered);

// The sample that all candidate clusterings share. Rows are read when they are projected, and stored as bytes; a small
// part is also held as floats, to measure with.
class Clustering {
 public:
  // Projects the sample. `read` delivers transformed rows. Sets the step of points of `learnt`, whose directions and
  // shape it needs. Held-out rows (held_out_rows) stay out of the sample: if they had shaped the lists, they would find
  // their neighbours more easily than other queries. (With few rows this cannot be avoided.)
  Clustering(LearntLists& learnt, const transform::RowReader& read,
             const calibration::CalibrationQueries& calibration_queries, std::size_t rows, std::size_t lists,
             std::size_t threads);

  std::vector<std::int8_t> centroids(std::size_t lists) const;
  // Returns half as many centroids as usual, or twice as many, if that clearly lowers the measured cost of a query that
  // finds `recall` of its neighbours.
  std::vector<std::int8_t> measured_centroids(std::size_t usual, double recall, const index::Tuning& tuning) const;
  // Returns the average fraction of a row's squared residual that is along the direction to another row's centroid: the
  // lambda of guard.h.
  double alignment(const std::vector<std::int8_t>& centroids) const;

 private:
  quantize::KMeans clusters(std::size_t lists) const;
  std::vector<float> projections(const transform::RowReader& read, std::size_t begin, std::size_t end,
                                 std::size_t step) const;

  LearntLists& learnt_;
  const calibration::CalibrationQueries& calibration_queries_;
  std::size_t rows_, threads_;
  std::vector<std::size_t> sample_;  // row numbers
  std::vector<float> seen_;          // projections of some rows
  std::vector<std::int8_t> points_;  // all rows of the sample
};

}  // namespace nearabout::ivf
