// One pass over all rows: each is projected, assigned to its nearest centroid and encoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/monitor.h"
#include "index/distance_source.h"
#include "index/ivf/list_codes.h"
#include "quantize/directions.h"
#include "storage/spill_buffer.h"
#include "transform/metric_transform.h"
#include "transform/sample.h"

namespace nearabout::ivf {

// Everything about lists and codes that is learnt before rows are encoded.
struct LearntLists {
  transform::MetricTransform transform;
  quantize::LearntDirections directions;
  quantize::CodeShape shape;  // that of the codes
  ListCodes codes;
  bool residual = true;  // rows are coded relative to the centroids
  index::DistanceSource distance_source = index::DistanceSource::vectors;
  bool squares = false;                // rows are integers, so that their squared norms are exact
  double alignment = 0;                // lambda of guard.h
  float point_step = 1;                // step of projections as bytes, for points and centroids
  std::vector<std::int8_t> centroids;  // lists x shape.directions

  std::size_t lists() const { return centroids.size() / shape.directions; }
  // Returns the numbers stored per row in its list: the row number, and its squared norm if vectors are compared.
  std::size_t list_columns() const { return squares && distance_source == index::DistanceSource::vectors ? 2 : 1; }
  // Rounds a projection to a point of bytes, clipped to the range.
  void to_bytes(const float* projection, std::int8_t* point) const;
  // Rounds projections of directions.outputs floats each.
  std::vector<std::int8_t> points_of(const std::vector<float>& projections) const;
};

// Data stored for every row, in the order of rows.
struct RowHeader {
  std::uint32_t list;
  std::uint32_t square;  // if the lists store squares
  float residual;        // squared distance from the centroid, including the part outside the directions
  quantize::RowTerms terms;
};
struct EncodedRows {
  EncodedRows(std::size_t code_bytes, const std::string* scratch)
      : header(sizeof(RowHeader), scratch), codes(code_bytes, scratch) {}
  storage::SpillBuffer header, codes;
  std::size_t rows() const { return header.size(); }
};

EncodedRows encode_rows(const LearntLists& learnt, const transform::RowReader& read, std::size_t rows,
                        const std::string* scratch, std::size_t threads, const Monitor& monitor);

}  // namespace nearabout::ivf
