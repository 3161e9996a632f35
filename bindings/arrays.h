// Conversion between NumPy arrays and views of the core.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nanobind/ndarray.h>

#include "base/error.h"
#include "base/matrix.h"

namespace nearabout {

namespace nb = nanobind;

using AnyArray = nb::ndarray<nb::ro, nb::device::cpu>;
using FloatMatrix = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using RowNumbers = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// Returns memory that is owned by the capsule returned with it.
template <class T>
std::pair<T*, nb::capsule> owned_by_capsule(std::vector<T> values) {
  auto* kept = new std::vector<T>(std::move(values));
  return {kept->data(), nb::capsule(kept, [](void* memory) noexcept { delete static_cast<std::vector<T>*>(memory); })};
}

// Returns an array that owns its memory, of any number of dimensions.
template <class T>
nb::ndarray<nb::numpy, T> owned_array(std::vector<T> values, std::initializer_list<std::size_t> shape) {
  const auto [data, owner] = owned_by_capsule(std::move(values));
  return nb::ndarray<nb::numpy, T>(data, shape, owner);
}

// An array that owns its memory, which a search fills.
template <class T>
struct NewArray {
  NewArray(std::size_t size, std::initializer_list<std::size_t> shape) : data(new T[size]) {
    const nb::capsule owner(data, [](void* memory) noexcept { delete[] static_cast<T*>(memory); });
    array = nb::ndarray<nb::numpy, T>(data, shape, owner);
  }

  T* data;
  nb::ndarray<nb::numpy, T> array;
};

// Returns a view of a two-dimensional array whose rows are each contiguous.
inline MatrixView matrix_view(const AnyArray& array, std::size_t dims, Element element) {
  if (array.ndim() != 2) throw InvalidInputError("vectors have 2 axes, not " + std::to_string(array.ndim()));
  const std::size_t columns = element == Element::bits ? (dims + 7) / 8 : dims;
  if (array.shape(1) != columns)
    throw InvalidInputError("vectors have " + std::to_string(array.shape(1)) + " columns; " + std::to_string(columns) +
                            " were expected");
  const bool rows_in_one_piece = array.shape(0) == 0 || columns <= 1 || array.stride(1) == 1;
  if (!rows_in_one_piece || array.stride(0) < 0)
    throw InvalidInputError("each row of vectors must be contiguous in memory");
  const std::size_t stride = static_cast<std::size_t>(array.stride(0)) * array.itemsize();
  return {static_cast<const std::byte*>(array.data()), array.shape(0), dims, stride, element};
}

inline std::vector<std::uint32_t> row_numbers(const RowNumbers& numbers, std::uint64_t all) {
  std::vector<std::uint32_t> rows;
  rows.reserve(numbers.shape(0));
  for (std::size_t i = 0; i < numbers.shape(0); ++i) {
    const std::int64_t row = numbers.data()[i];
    if (row < 0 || static_cast<std::uint64_t>(row) >= all)
      throw InvalidInputError("row " + std::to_string(row) + " does not exist; the index has " + std::to_string(all) +
                              " rows, numbered from 0");
    rows.push_back(static_cast<std::uint32_t>(row));
  }
  return rows;
}

}  // namespace nearabout
