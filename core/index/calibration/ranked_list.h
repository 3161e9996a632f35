#pragma once

#include <cstdint>

#include "base/number_order.h"

namespace nearabout::calibration {

struct RankedList {
  // |q - c|^2 - |q|^2 along the leading directions. |q|^2 is the same for all lists; if it were included, the rest of
  // the sum would be lost to rounding for a query from far away.
  float distance;
  std::uint32_t list;
};

inline bool is_nearer(const RankedList& a, const RankedList& b) { return NanLast{}(a.distance, b.distance); }

}  // namespace nearabout::calibration
