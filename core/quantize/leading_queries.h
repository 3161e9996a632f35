// A group of queries prepared for codes along leading directions: their projections, as bytes and as tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned.h"
#include "base/matrix.h"
#include "quantize/directions_file.h"
#include "quantize/residual_codes.h"
#include "transform/metric_transform.h"

namespace nearabout::quantize {

// Prepares queries. Reuses its work space from one group of queries to the next.
class LeadingQueries {
 public:
  // The arguments must outlive it.
  LeadingQueries(const transform::MetricTransform& transform, const StoredDirections& directions,
                 const ResidualCodes& codes);

  // Prepares queries [begin, end) of a table.
  void bind(MatrixView queries, std::size_t begin, std::size_t end);

  struct Query {
    float byte_scale;  // step of its bytes
    std::int32_t sum;  // sum of its bytes
    QueryCodes codes;
    double square;  // its squared length along the leading directions, computed from its bytes
  };
  std::size_t count() const { return queries_.size(); }
  const Query& operator[](std::size_t i) const { return queries_[i]; }
  const std::int8_t* bytes(std::size_t i) const { return bytes_.data() + i * byte_stride(); }
  std::size_t byte_stride() const { return codes_.shape().directions; }
  const std::int8_t* tables(std::size_t i) const { return tables_.get() + i * table_bytes_; }
  // Fills the tables of a query for other codes of the same shape.
  void rebind(std::size_t i, const ResidualCodes& codes);

 private:
  std::size_t padded_dims() const;
  bool take_integers(MatrixView queries, std::size_t begin);
  void take_floats(MatrixView queries, std::size_t begin);
  void project();
  void finish(std::size_t i);

  const transform::MetricTransform& transform_;
  const StoredDirections& directions_;
  const ResidualCodes& codes_;
  std::size_t table_bytes_;
  std::vector<Query> queries_;
  std::vector<std::int8_t> inputs_;  // the queries themselves as bytes
  std::vector<float> input_scales_;  // steps of these bytes
  std::vector<std::int32_t> input_sums_;
  std::int32_t moved_ = 0;  // shift subtracted from each byte of an input
  bool centred_ = false;
  std::vector<float> vectors_, transformed_;
  std::vector<std::int32_t> dots_;
  std::vector<float> projections_;
  std::vector<std::int8_t> bytes_;
  AlignedArray<std::int8_t> tables_;
  std::size_t table_room_ = 0;
};

}  // namespace nearabout::quantize
