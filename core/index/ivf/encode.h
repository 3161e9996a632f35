// All rows once: projected, each given to its nearest centroid and coded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/monitor.h"
#include "index/ivf/answers.h"
#include "quantize/directions.h"
#include "quantize/leading_codes.h"
#include "quantize/lift.h"
#include "quantize/sample.h"
#include "storage/column.h"

namespace nearabout {

// Everything about lists and codes that is learnt before rows are coded.
struct LearntLists {
  Lift lift;
  LearntDirections directions;
  CodeShape shape;
  Answers answers = Answers::vectors;
  bool squares = false;                // rows are integers: the squares of their lengths are known
  double alignment = 0;                // lambda of guard.h
  float point_step = 1;                // of images, for points and centroids as bytes
  std::vector<std::int8_t> centroids;  // lists x shape.directions

  std::size_t lists() const { return centroids.size() / shape.directions; }
  // Numbers of each row in its list: its own, and its square where vectors are compared.
  std::size_t list_columns() const { return squares && answers == Answers::vectors ? 2 : 1; }
  // An image as a point of bytes: what lies outside is put on the edge.
  void to_bytes(const float* image, std::int8_t* point) const;
  // Of images of directions.outputs floats each.
  std::vector<std::int8_t> points_of(const std::vector<float>& images) const;
};

// What is kept of every row, in the order of rows.
struct RowFacts {
  std::uint32_t list;
  std::uint32_t square;  // where the lists keep them
  float residual;        // the squared distance from the centroid, with what the directions leave out
  RowTerms terms;
};
struct EncodedRows {
  EncodedRows(std::size_t code_bytes, const std::string* beside)
      : facts(sizeof(RowFacts), beside), codes(code_bytes, beside) {}
  Column facts, codes;
  std::size_t rows() const { return facts.size(); }
};

EncodedRows encode_rows(const LearntLists& learnt, const RowReader& read, std::size_t rows, const std::string* beside,
                        std::size_t threads, const Monitor& monitor);

}  // namespace nearabout
