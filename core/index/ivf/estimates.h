// Converts the estimates of the code scan to the units of the metric, for results that come from the small codes alone.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "transform/metric_transform.h"

namespace nearabout::ivf {

// Converts estimates. The scan estimates the squared distance of transformed vectors, minus the squared distance of the
// query from the centre. Reuses its work space from query to query.
class EstimateUnits {
 public:
  EstimateUnits(const transform::MetricTransform& transform, std::span<const float> centre)
      : transform_(transform), centre_(centre) {}

  void bind(MatrixView queries, std::size_t number);
  // Returns the estimate in the units of BoundQuery's reduced distances; it is clipped at zero if distances are never
  // negative.
  double rdist(float estimate) const;

 private:
  const transform::MetricTransform& transform_;
  std::span<const float> centre_;
  std::vector<float> vector_, transformed_;
  double length_ = 0;  // of the query
  double square_ = 0;  // squared distance of the transformed query from the centre
};

}  // namespace nearabout::ivf
