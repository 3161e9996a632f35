// What `effort` means for a kind of index: how much a search may look at.
#pragma once

#include <cstddef>
#include <string_view>

namespace nearabout {

struct EffortRange {
  std::string_view unit = {};  // "lists", "rows"; empty for a kind that always compares every row
  std::size_t min = 0;
  std::size_t max = 0;       // with which a search looks at everything
  bool exact_at_max = true;  // by comparing the vector of every row

  // Whether a search has a choice.
  explicit operator bool() const { return !unit.empty(); }
  // Whether a search with this effort compares the vector of every row.
  bool is_exact(std::size_t effort) const { return exact_at_max && effort >= max; }
};

}  // namespace nearabout
