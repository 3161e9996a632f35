// How much of a table the learning of directions looks at. Builds go by it, and na.plan() estimates their costs from
// it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <vector>

namespace nearabout::quantize {

struct LearningSize {
  std::size_t sample_rows = 0;     // 0: nothing is learnt
  std::size_t max_directions = 0;  // most directions that are tried; 0: all dimensions are used as they are
};

LearningSize screen_learning(std::size_t rows, std::size_t dims);
LearningSize sketch_learning(std::size_t rows, std::size_t dims);

// Returns those of the candidate numbers of directions, in order, that are far enough below the number of dimensions to
// pay for projecting each query, and few enough for the sample.
inline std::vector<std::size_t> worthwhile_directions(std::initializer_list<std::size_t> candidates, std::size_t dims,
                                                      std::size_t sample_rows) {
  std::vector<std::size_t> worthwhile;
  for (const std::size_t count : candidates)
    if (count * 5 <= dims * 4 && count * 4 <= sample_rows) worthwhile.push_back(count);
  return worthwhile;
}

}  // namespace nearabout::quantize
