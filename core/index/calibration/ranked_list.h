#pragma once

#include <cstdint>

namespace nearabout {

struct RankedList {
  // |q - c|^2 - |q|^2 along the leading directions: |q|^2 is the same for all, and beside it, in a query from far away,
  // the rest would be lost.
  float distance;
  std::uint32_t list;
};

}  // namespace nearabout
