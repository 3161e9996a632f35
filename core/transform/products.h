// Products of matrices of floats, on several threads. The same for any number of them.
#pragma once

#include <cstddef>
#include <vector>

namespace nearabout::transform {

// Returns how many outputs a matrix of `count` columns is filled up to, as the kernel needs it.
constexpr std::size_t padded_outputs(std::size_t count) { return (count + 15) / 16 * 16; }

// Returns left (rows x inner) times right (inner x outputs); outputs is a multiple of 16.
std::vector<float> product(const float* left, std::size_t rows, std::size_t inner, const float* right,
                           std::size_t outputs, std::size_t threads);

// Returns a table, rows x columns, transposed: columns x padded_rows, zeros past `rows`.
std::vector<float> transposed(const float* table, std::size_t rows, std::size_t columns, std::size_t padded_rows);

}  // namespace nearabout::transform
