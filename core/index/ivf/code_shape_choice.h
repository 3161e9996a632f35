// How many directions are coded, and with how many bits each: measured on a sample of the rows.
#pragma once

#include <cstddef>

#include "index/ivf/ivf.h"
#include "quantize/directions.h"
#include "transform/sample.h"

namespace nearabout {

// What the choice is for.
struct Workload {
  std::size_t rows;       // of the whole table
  std::size_t lists;      // it will have
  std::size_t row_bytes;  // of a vector
  double recall;          // that searches aim at
};

// The most directions that may be chosen, for a sample.
std::size_t max_directions(const Sample& sample);

// The codes with which a query is expected to cost least; where rows are not compared besides, those that rank
// neighbours best. What `options` fixes stays as it is. `sample` is of transformed rows, `principal` has
// max_directions() of them.
CodeShape choose_shape(const Sample& sample, const PrincipalDirections& principal, const Workload& workload,
                       const IvfOptions& options, std::size_t threads);

}  // namespace nearabout
