// Principal directions: those along which a set of vectors varies most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::transform {

// Returns the leading `count` principal directions of `rows` centred vectors of `dims` floats: orthonormal columns of a
// dims x count table (row by row), largest variance first. Uses subspace iteration (Halko, Martinsson and Tropp, SIAM
// Review 2011, algorithm 4.4), which is enough here: callers need good directions, not exact eigenvectors.
// Deterministic for any number of threads. count <= min(rows, dims).
std::vector<double> principal_directions(const std::vector<float>& vectors, std::size_t rows, std::size_t dims,
                                         std::size_t count, std::size_t threads);

// Mixes the first `count` columns by an orthogonal matrix (random signs, then the discrete cosine transform), so that
// each carries about the same fraction of the variance and one step size suits all of them. Columns past `count` are
// dropped; the result is dims x outputs floats with zeros in the columns past `count`. `seed` chooses the signs.
std::vector<float> mixed_directions(const std::vector<double>& directions, std::size_t dims, std::size_t available,
                                    std::size_t count, std::size_t outputs, std::uint64_t seed = 0);

}  // namespace nearabout::transform
