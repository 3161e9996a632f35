// The space in which codes of vectors are compared.
#pragma once

#include <cstddef>

namespace nearabout {

enum class Space { squared, unit, inner };  // |q - x|^2, the same of unit vectors, <q, x>

// For Space::unit: each of `count` vectors divided by its length (in double, rounded once); zero stays zero.
void normalise(float* vectors, std::size_t count, std::size_t dims);

}  // namespace nearabout
