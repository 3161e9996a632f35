// Reads a vector as Annoy accepts it: any sequence of numbers.
#pragma once

#include <span>

#include <nanobind/nanobind.h>

namespace nearabout {

// Fills `out` from `vector`, an object with a length and items that are numbers; lists, tuples and arrays of numbers
// are read without a Python call per item. Raises what Annoy raises: IndexError for another length, TypeError for an
// object without a length or items, or for an item that is not a number.
void read_annoy_vector(nanobind::handle vector, std::span<float> out);

}  // namespace nearabout
