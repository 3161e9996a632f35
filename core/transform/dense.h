// Small dense matrices, row by row, as principal directions and rotations are learnt with.
#pragma once

#include <cstddef>
#include <vector>

#include "base/random.h"

namespace nearabout::transform {

// Returns `count` rounded up to what the kernel of products needs as its number of outputs.
constexpr std::size_t padded_outputs(std::size_t count) { return (count + 15) / 16 * 16; }

// Returns left (rows x inner) times right (inner x outputs), in float32; outputs is a multiple of 16. The same for any
// number of threads.
std::vector<float> product(const std::vector<float>& left, std::size_t rows, std::size_t inner,
                           const std::vector<float>& right, std::size_t outputs, std::size_t threads);

// Returns the transposed table (columns x rows), each row filled up with zeros to `stride` numbers.
std::vector<float> transposed(const std::vector<float>& table, std::size_t rows, std::size_t columns,
                              std::size_t stride);

// Returns the table with each row filled up with zeros to padded_outputs(columns) numbers.
std::vector<float> widened(const std::vector<float>& table, std::size_t rows, std::size_t columns);
// Returns the first numbers of each row of such a table, as many as there are columns.
std::vector<float> narrowed(const std::vector<float>& table, std::size_t rows, std::size_t columns);

// Orthonormalises the first `columns` columns of a table of `width` columns by Gram-Schmidt, in double, repeated
// `passes` times: one pass is enough within an iteration, two are orthonormal to the last bits. A column that vanishes
// (data of lower rank) is replaced by a random one. columns <= rows.
void orthonormalise(std::vector<double>& table, std::size_t rows, std::size_t columns, std::size_t width, int passes,
                    Random& random);

}  // namespace nearabout::transform
