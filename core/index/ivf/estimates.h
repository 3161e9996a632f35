// What the scan of codes estimates, in the units of the metric: where answers come from the small codes alone.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "transform/metric_transform.h"

namespace nearabout {

// The scan estimates the squared distance of transformed vectors, less the square of the query from the centre. Keeps
// its work space from query to query.
class EstimateUnits {
 public:
  EstimateUnits(const MetricTransform& transform, std::span<const float> centre)
      : transform_(transform), centre_(centre) {}

  void bind(MatrixView queries, std::size_t number);
  // In the units of BoundQuery's ranks: no estimate is below zero where no distance is.
  double rdist(float estimate) const;

 private:
  const MetricTransform& transform_;
  std::span<const float> centre_;
  std::vector<float> vector_, transformed_;
  double length_ = 0;  // of the query
  double square_ = 0;  // of the transformed query from the centre
};

}  // namespace nearabout
