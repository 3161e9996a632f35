// Samples of rows that are spread over all rows without a fixed distance: a row of each of equal parts, chosen by a
// hash. Rows often come in an order with a period (ten changed copies of a set one after another, every hundredth
// picture of a film); a sample at equal distances then sees one kind of row only.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/random.h"

namespace nearabout {

// Returns row `number` of a sample of `count` out of `all` rows. The same for the same numbers; larger for larger
// `number`, if `count` is at most `all`.
inline std::size_t spread_row(std::size_t number, std::size_t count, std::size_t all) {
  const std::size_t begin = number * all / count;
  const std::size_t end = (number + 1) * all / count;
  return begin + Random(number * count).next() % std::max<std::size_t>(end - begin, 1);
}

}  // namespace nearabout
