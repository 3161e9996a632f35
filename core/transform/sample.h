// Some of the rows, as floats: what codes are learnt from.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace nearabout {

// Delivers rows [begin, end) as stored, widened to float32.
using RowReader = std::function<void(std::size_t begin, std::size_t end, float* to)>;

struct Sample {
  std::vector<float> values;
  std::size_t rows;
  std::size_t dims;
  const float* row(std::size_t i) const { return values.data() + i * dims; }
};

// At most `wanted` rows, spread evenly over all.
Sample take_sample(const RowReader& read, std::size_t rows, std::size_t dims, std::size_t wanted);

// The rows of a sample but for a few that lie very far from the others, if there are any: what codes of all other rows
// should not be stretched by. A row is far where its distance from the medians of the coordinates is more than 16 times
// the median of these distances; of more than one row in 20 only the farthest are left out.
Sample without_far_rows(const Sample& sample);

// A power of two that brings the largest number near 1, as near as floats reach; 1 where a float holds all squares with
// room, so that vectors can be left as they are.
float scale_for(const Sample& sample);

// The mean; whole numbers where `whole`: for integer rows, so that their differences from it are exact.
std::vector<float> centre_of(const Sample& sample, bool whole);

}  // namespace nearabout
