// Learns the directions of a graph's codes from a sample of the rows.
#pragma once

#include <cstddef>

#include "index/graph/options.h"
#include "quantize/directions.h"
#include "quantize/leading_codes.h"
#include "quantize/learning_size.h"
#include "transform/metric_transform.h"
#include "transform/sample.h"
#include "transform/space.h"

namespace nearabout::graph {

struct LearntGraph {
  transform::MetricTransform transform;
  quantize::LearntDirections directions;
  quantize::CodeShape shape;
  float point_step = 1;  // of the bytes of a node
};

quantize::LearningSize direction_learning(std::size_t rows, std::size_t dims);

LearntGraph learn(const transform::RowReader& read, std::size_t rows, std::size_t dims, transform::CodeSpace space,
                  const GraphOptions& options, std::size_t threads);

}  // namespace nearabout::graph
