// Residuals of a sample of the rows, from which product codes are learnt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/ivf/encode.h"
#include "transform/sample.h"

namespace nearabout::ivf {

struct ResidualSample {
  std::size_t dims = 0;              // shape.directions
  std::vector<float> directions;     // residuals divided by their lengths, dims floats each
  std::vector<std::uint32_t> lists;  // of each

  std::size_t rows() const { return lists.size(); }
};

// Returns the residuals of at most `wanted` rows, spread over all, without the held-out rows unless there are hardly
// others; of rows at their centroid nothing. `read` delivers transformed rows.
ResidualSample sample_residuals(const LearntLists& learnt, const transform::RowReader& read, std::size_t rows,
                                std::size_t wanted, std::size_t threads);

}  // namespace nearabout::ivf
