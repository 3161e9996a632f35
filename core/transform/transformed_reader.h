// A reader that transforms rows as it reads them.
#pragma once

#include <cstddef>
#include <vector>

#include "transform/metric_transform.h"
#include "transform/sample.h"

namespace nearabout::transform {

// A RowReader. The reader and the transform that it is made from must outlive it. Each call has its own buffers, so
// several threads may read.
class TransformedReader {
 public:
  TransformedReader(const RowReader& read, const MetricTransform& transform) : read_(read), transform_(transform) {}
  void operator()(std::size_t begin, std::size_t end, float* to) const {
    std::vector<float> vectors((end - begin) * transform_.inputs());
    read_(begin, end, vectors.data());
    transform_.rows(vectors.data(), end - begin, to);
  }

 private:
  const RowReader& read_;
  const MetricTransform& transform_;
};

}  // namespace nearabout::transform
