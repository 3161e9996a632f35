// NumPy's own arrays, read and made without nanobind's, which serve every library and for that go through objects of
// their own: more time than a search of a small index takes. For calls with one query.
//
// NumPy offers functions for this by a table, and the first fields of an array are part of its binary interface, which
// has been the same since version 1.7. They are declared here, as pybind11 does it, so that a build needs no NumPy.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <nanobind/ndarray.h>

namespace nearabout {

namespace nb = nanobind;

// Returns false for a NumPy whose binary interface is not known here: nothing below may be called then.
bool numpy_is_known();

// What an array has in memory, as long as the array lives.
struct PlainArray {
  const void* data = nullptr;
  nb::dlpack::dtype type = {};
  std::size_t axes = 0;
  std::array<std::size_t, 2> shape = {};
};

// Returns true for numpy.ndarray, and false for its subclasses, which may mean something else by their numbers.
bool is_numpy_array(nb::handle object);

// Reads a NumPy array of one or two axes of float32, float16, uint8 or int8; nullopt for others, and unless it is
// C-contiguous, aligned, and in the byte order of the processor.
std::optional<PlainArray> plain_array(nb::handle numpy_array);

// A new NumPy array of one or two axes. Its contents are not initialised.
template <class T>
struct NewNumpyArray {
  explicit NewNumpyArray(std::span<const std::size_t> shape);

  nb::object array;
  T* data;
};
extern template struct NewNumpyArray<std::int64_t>;
extern template struct NewNumpyArray<float>;

}  // namespace nearabout
