// The range and the unit of `effort`, which says how much a search looks at.
#pragma once

#include <cstddef>
#include <string_view>

namespace nearabout::index {

struct EffortRange {
  std::string_view unit = {};  // "lists" or "rows"; empty for kinds that always compare every row
  std::size_t min = 0;
  std::size_t max = 0;       // a search with this effort looks at everything
  bool exact_at_max = true;  // a search with the largest effort compares the vector of every row

  // Returns true if searches have an effort.
  explicit operator bool() const { return !unit.empty(); }
  // Returns true if a search with this effort compares the vector of every row.
  bool is_exact(std::size_t effort) const { return exact_at_max && effort >= max; }
};

}  // namespace nearabout::index
