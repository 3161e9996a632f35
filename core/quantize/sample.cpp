#include "quantize/sample.h"

#include <algorithm>
#include <cmath>

namespace nearabout {

Sample take_sample(const RowReader& read, std::size_t rows, std::size_t dims, std::size_t wanted) {
  Sample sample{{}, std::min(rows, wanted), dims};
  sample.values.resize(sample.rows * dims);
  for (std::size_t i = 0; i < sample.rows; ++i) {
    const std::size_t row = i * rows / sample.rows;
    read(row, row + 1, sample.values.data() + i * dims);
  }
  return sample;
}

std::vector<float> centre_of(const Sample& sample, bool whole) {
  std::vector<double> sums(sample.dims, 0.0);
  for (std::size_t i = 0; i < sample.rows; ++i)
    for (std::size_t j = 0; j < sample.dims; ++j) sums[j] += double{sample.row(i)[j]};
  std::vector<float> centre;
  for (const double sum : sums) {
    const double mean = sum / static_cast<double>(sample.rows);
    centre.push_back(static_cast<float>(whole ? std::nearbyint(mean) : mean));
  }
  return centre;
}

}  // namespace nearabout
