// Rows as they are stored, lifted as they are read.
#pragma once

#include <cstddef>
#include <vector>

#include "quantize/lift.h"
#include "quantize/sample.h"

namespace nearabout {

// A RowReader; both that it is made of have to outlive it. Each call has buffers of its own: several threads may read.
class LiftedReader {
 public:
  LiftedReader(const RowReader& read, const Lift& lift) : read_(read), lift_(lift) {}
  void operator()(std::size_t begin, std::size_t end, float* to) const {
    std::vector<float> vectors((end - begin) * lift_.inputs());
    read_(begin, end, vectors.data());
    lift_.rows(vectors.data(), end - begin, to);
  }

 private:
  const RowReader& read_;
  const Lift& lift_;
};

}  // namespace nearabout
