// About how long the parts of a search take, in nanoseconds with AVX-512: only ratios matter, where parameters are
// chosen. The memory has to be waited for, in part.
#pragma once

#include <cstddef>

#include "quantize/leading_codes.h"

namespace nearabout {

inline constexpr double kListCost = 25;  // of looking into a list at all

inline double scan_cost(const CodeShape& shape) { return 0.2 + 0.018 * static_cast<double>(shape.bytes()); }  // a row
inline double compare_cost(std::size_t row_bytes) { return 12 + 0.09 * static_cast<double>(row_bytes); }      // a row
inline double product_cost(std::size_t dims) { return 0.0045 * static_cast<double>(dims); }  // of bytes, for one output

}  // namespace nearabout
