// The space in which codes of vectors are compared.
#pragma once

#include <cstddef>
#include <optional>

#include "metric/metric.h"

namespace nearabout::transform {

enum class CodeSpace { l2, cosine, inner_product };  // |q - x|^2, the same for unit vectors, <q, x>

// Returns the space of a metric whose reduced distances are a function of an inner product; nullopt for other metrics.
std::optional<CodeSpace> code_space_of(metric::Metric metric);
// Returns the space in which near rows are looked for; nullopt for metrics of another kind. Near in the Manhattan
// distance mostly means near in the Euclidean one; bits are zeros and ones, and differ in as many places as their
// squared distance.
std::optional<CodeSpace> search_space_of(metric::Metric metric);

// Normalises for CodeSpace::cosine: divides each of `count` vectors by its length (in double, rounded once); zero stays
// zero.
void normalise(float* vectors, std::size_t count, std::size_t dims);

}  // namespace nearabout::transform
