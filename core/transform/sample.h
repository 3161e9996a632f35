// A sample of the rows, as floats, from which codes are trained.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace nearabout::transform {

// Reads rows [begin, end) as stored, widened to float32.
using RowReader = std::function<void(std::size_t begin, std::size_t end, float* to)>;

struct Sample {
  std::vector<float> values;
  std::size_t rows;
  std::size_t dims;
  const float* row(std::size_t i) const { return values.data() + i * dims; }
};

// Returns at most `wanted` rows, spread over all rows (base/spread_rows.h).
Sample take_sample(const RowReader& read, std::size_t rows, std::size_t dims, std::size_t wanted);

// Returns a sample without outliers: the few rows that are very far from the others, if there are any, which should not
// stretch the codes of all other rows. A row is an outlier if its distance from the medians of the coordinates is more
// than 16 times the median of these distances; at most one row in 20 is dropped, farthest first.
Sample without_far_rows(const Sample& sample);

// Returns a power of two that scales the largest number close to 1, as close as floats allow; 1 if a float holds all
// squares with room to spare, so that vectors can be left unscaled.
float scale_for(const Sample& sample);

// Returns the mean. With `whole` it is rounded to whole numbers: for integer rows, so that their differences from it
// are exact.
std::vector<float> centre_of(const Sample& sample, bool whole);

}  // namespace nearabout::transform
