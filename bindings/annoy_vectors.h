// A vector as Annoy takes it: any sequence of numbers.
#pragma once

#include <span>

#include <nanobind/nanobind.h>

namespace nearabout {

// Fills `out` from `vector`, an object with a length and items that are numbers; lists, tuples and arrays of numbers
// are read without asking Python for each. Raises what Annoy raises: IndexError for another length, TypeError for what
// has no length, no items, or an item that is no number.
void read_annoy_vector(nanobind::handle vector, std::span<float> out);

}  // namespace nearabout
