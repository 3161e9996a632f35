// A sketch of a vector: one byte along each of its leading directions, and one more number. The distance of two vectors
// is estimated from their sketches, without a guarantee (a screen, screen.h, has proven bounds; an estimate may be
// closer).
//
// A vector x is transformed so that near means a small Euclidean distance (metric_transform.h), centred and contracted
// (contraction.h) into m - 1 coordinates and, last, the norm e(x) of its remainder. In many dimensions the remainders
// of two vectors are nearly orthogonal, so
//
//   |q - x|^2  is about  |q'|^2 + |x'|^2 + e(q)^2 + e(x)^2 - 2 <q', x'>.
//
// That is the squared distance of the projections with the query's last coordinate set to zero, plus e(q)^2, which is
// the same for all rows. For near rows it errs on one side, because the remainders of neighbours point in slightly
// similar directions. The size of this error is measured at build (`bias_bound`), so that a search knows how far down
// its list to look.
//
// The number of differing bits is the squared distance of vectors of zeros and ones. For inner products, trees are
// grown in the transformed space; as all rows are equally long there, rows are then ranked by <q', x'> alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quantize/grid.h"
#include "transform/contraction.h"
#include "transform/metric_transform.h"
#include "transform/sample.h"

namespace nearabout::quantize {

struct Sketch {
  transform::MetricTransform transform;
  transform::Contraction contraction;  // of transformed vectors
  Grid grid;
  // Typical spread of codes around their middle, by which the rounding error of a query is multiplied.
  double spread = 0;
  double bias_bound = 0;  // bound on how much too large the estimate of a near row may be, see SketchQuery::bias_bound

  transform::CodeSpace space() const { return transform.space(); }
  std::size_t dims() const { return transform.inputs(); }
  // Returns the bytes per code.
  std::size_t width() const { return grid.dims(); }

  // Encodes `count` vectors; also returns the squared length of each code's projection (zero under
  // CodeSpace::inner_product), which is the row's own term of its score.
  void encode(const float* vectors, std::size_t count, std::uint8_t* codes, float* offsets) const;
  // Transforms and contracts vectors. Writes width() floats each.
  void project(const float* vectors, std::size_t count, float* projections) const;
};

// Learns a sketch from rows spread over all rows. `rows` and `dims` are at least 1. Deterministic for any number
// of threads.
Sketch learn_sketch(const transform::RowReader& read, std::size_t rows, std::size_t dims, transform::CodeSpace space,
                    std::size_t threads);

// A query bound to a sketch. The score of a row orders rows as the estimate does:
//   score = offset + scale * <bytes, code>
class SketchQuery {
 public:
  // Binds `count` queries of dims() floats each, as given: not transformed.
  static std::vector<SketchQuery> bind(const Sketch& sketch, const float* queries, std::size_t count);

  const std::int8_t* bytes() const { return codes_.bytes.data(); }
  float scale() const { return scale_; }
  // Returns the same factor for centroids of groups of rows, as trees rank them.
  float centroid_scale() const { return centroid_scale_; }
  // Returns the estimated reduced distance of a row with this score. Reduced distances are those of
  // metric/bound_query.h: the squared distance, 1 - cosine, or -<q, x>.
  double estimate(float score) const;
  // Returns the largest score expected of a row whose true reduced distance is `rdist` or less.
  double score_within(double rdist) const;
  // Returns the score that a row of this reduced distance would have if the estimate were exact, and the square of the
  // query's projection. Not for inner products.
  double score_of(double rdist) const;
  double square() const { return square_; }
  // Returns how much too large the estimate of a row with this score is, in the unit of Sketch::bias_bound; zero if the
  // estimate cannot be wrong. `query` and `row` are as given; `sketch` is the one that the query is bound to.
  double bias_bound(const Sketch& sketch, float score, const float* query, const float* row) const;

 private:
  struct Projection;  // defined in sketch.cpp
  SketchQuery(const Sketch& sketch, const Projection& projection);

  transform::CodeSpace space_;
  // By which reduced distances are multiplied to be those of transformed vectors: |q - x|^2, or -<q, x> under
  // CodeSpace::inner_product.
  double unit_;
  GridQuery codes_;
  float scale_;
  float centroid_scale_;
  double constant_;  // estimate for transformed vectors, minus score
  double square_ = 0;
  double bias_unit_;       // value of a bias bound of 1, in scores
  double slack_;           // by how much scores may be too large
  double grid_error_ = 0;  // error of a code along any one direction
};

}  // namespace nearabout::quantize
