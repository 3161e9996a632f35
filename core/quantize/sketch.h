// A sketch of a vector: a byte along each of its leading directions, and one number more. From the sketches of two
// vectors their distance is estimated, with no promise (a screen, screen.h, has bounds; an estimate may be tighter).
//
// A vector x is scaled, centred and contracted (contraction.h): m - 1 coordinates and, last, the length of what they
// leave out. What is left out of two vectors is, in many dimensions, nearly orthogonal, so
//
//   |q - x|^2  is about  |q'|^2 + |x'|^2 + rest(q)^2 + rest(x)^2 - 2 <q', x'>.
//
// That is the squared distance of the projections with the query's last coordinate set to zero, plus rest(q)^2, which
// is the same for all rows. For near rows it errs on one side: what is left out of neighbours points the same way, a
// little. How much is measured at build (`bias bound`), so that a search knows how far down its list to look.
//
// Cosine is the squared distance of unit vectors; the count of differing bits is that of vectors of zeros and ones. For
// inner products the last coordinate is sqrt(longest^2 - |x|^2), which turns the largest product into the least
// distance (Bachrach et al., "Speeding up the Xbox recommender system using a Euclidean transformation for
// inner-product spaces", RecSys 2014): what trees are grown in; rows are then ranked by <q', x'> alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quantize/grid.h"
#include "transform/contraction.h"
#include "transform/sample.h"
#include "transform/space.h"

namespace nearabout {

struct Sketch {
  CodeSpace space = CodeSpace::l2;
  float scale = 1;  // what vectors are multiplied with first, so that squares fit into floats
  Contraction contraction;
  Grid grid;
  double longest = 0;     // Space::inner: of the rows seen when it was made, scaled
  double spread = 0;      // of codes around their middle, as it is usual: what the rounding of a query is multiplied by
  double bias_bound = 0;  // by how much the estimate of a near row may be too large, see SketchQuery::bias bound

  std::size_t dims() const { return contraction.dims(); }
  // Bytes of a code.
  std::size_t width() const { return grid.dims(); }

  // Codes of `count` vectors, `vectors` being overwritten, and the squared length of each code's projection
  // (Space::inner: zero), which is what a row adds to its score.
  void encode(float* vectors, std::size_t count, std::uint8_t* codes, float* offsets) const;
  // What vectors go through first: they are scaled, and of length 1 for Space::unit. (Before there is a contraction,
  // too.)
  void prepare(float* vectors, std::size_t count, std::size_t dims) const;
  // Prepared vectors, contracted, the last coordinate replaced where space is inner. `width()` floats each.
  void project(const float* vectors, std::size_t count, float* projections) const;
};

// Learns a sketch from rows spread evenly over all. `rows` and `dims` are at least 1. Deterministic at any number of
// threads.
Sketch learn_sketch(const RowReader& read, std::size_t rows, std::size_t dims, CodeSpace space, std::size_t threads);

struct QueryProjection;  // of sketch.cpp

// A query bound to a sketch. The score of a row orders rows as the estimate does:
//   score = offset + scale * <bytes, code>
class SketchQuery {
 public:
  // `count` queries of dims() floats each, as given: neither centred nor of length 1.
  static std::vector<SketchQuery> bind(const Sketch& sketch, const float* queries, std::size_t count);

  const std::int8_t* bytes() const { return codes_.bytes.data(); }
  float scale() const { return scale_; }
  // The same factor for centroids of groups of rows, as trees rank them.
  float centroid_scale() const { return centroid_scale_; }
  // The estimated rank of a row with this score. Ranks as in metric/bound_query.h: of the squared distance, 1 - cosine,
  // or -<q, x>.
  double estimate(float score) const;
  // No row whose true rank is `rank` or less is expected to have a larger score.
  double score_within(double rdist) const;
  // The score of a row with this rank, were the estimate exact; and the square of the query's projection. Not for inner
  // products.
  double score_of(double rdist) const;
  double square() const { return square_; }
  // By how much the estimate of a row with this score is too large, in the unit of Sketch::bias bound; zero where the
  // estimate cannot be wrong. `query` and `row` are as given.
  double bias_bound(float score, const float* query, const float* row) const;

 private:
  SketchQuery(const Sketch& sketch, const QueryProjection& projection);

  CodeSpace space_;
  std::size_t dims_;
  double sketch_scale_;
  GridQuery codes_;
  float scale_;
  float centroid_scale_;
  double constant_;  // what an estimate is beyond its score
  double square_ = 0;
  double bias_unit_;       // what a bias bound of 1 is in scores
  double slack_;           // what scores may be too large by
  double grid_error_ = 0;  // of a code along any one direction
  double spread_ = 0;      // Space::inner: the query's length
};

}  // namespace nearabout
