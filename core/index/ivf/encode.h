// All rows once: projected, each given to its nearest centroid and coded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/monitor.h"
#include "index/ivf/distance_source.h"
#include "quantize/directions.h"
#include "quantize/leading_codes.h"
#include "storage/spill_buffer.h"
#include "transform/metric_transform.h"
#include "transform/sample.h"

namespace nearabout {

// Everything about lists and codes that is learnt before rows are coded.
struct LearntLists {
  MetricTransform transform;
  LearntDirections directions;
  CodeShape shape;
  DistanceSource distance_source = DistanceSource::vectors;
  bool squares = false;                // rows are integers: the squares of their lengths are known
  double alignment = 0;                // lambda of guard.h
  float point_step = 1;                // of projections, for points and centroids as bytes
  std::vector<std::int8_t> centroids;  // lists x shape.directions

  std::size_t lists() const { return centroids.size() / shape.directions; }
  // Numbers of each row in its list: its own, and its square where vectors are compared.
  std::size_t list_columns() const { return squares && distance_source == DistanceSource::vectors ? 2 : 1; }
  // An projection as a point of bytes: what lies outside is put on the edge.
  void to_bytes(const float* projection, std::int8_t* point) const;
  // Of projections of directions.outputs floats each.
  std::vector<std::int8_t> points_of(const std::vector<float>& projections) const;
};

// What is kept of every row, in the order of rows.
struct RowHeader {
  std::uint32_t list;
  std::uint32_t square;  // where the lists keep them
  float residual;        // the squared distance from the centroid, with what the directions leave out
  RowTerms terms;
};
struct EncodedRows {
  EncodedRows(std::size_t code_bytes, const std::string* scratch)
      : header(sizeof(RowHeader), scratch), codes(code_bytes, scratch) {}
  SpillBuffer header, codes;
  std::size_t rows() const { return header.size(); }
};

EncodedRows encode_rows(const LearntLists& learnt, const RowReader& read, std::size_t rows, const std::string* scratch,
                        std::size_t threads, const Monitor& monitor);

}  // namespace nearabout
