#include "annoy_vectors.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "gil.h"

namespace nearabout {

namespace nb = nanobind;

namespace {

void require_length(Py_ssize_t given, std::size_t wanted) {
  if (given < 0) throw nb::python_error();
  if (static_cast<std::size_t>(given) == wanted) return;
  PyErr_Format(PyExc_IndexError, "Vector has wrong length (expected %zu, got %zd)", wanted, given);
  throw nb::python_error();
}

float as_float(const nb::object& item) {
  const double value = while_python_lives([&] { return PyFloat_AsDouble(item.ptr()); });
  if (value == -1.0 && PyErr_Occurred()) throw nb::python_error();
  return static_cast<float>(value);
}

// Fills `out` from a sequence. An item may be any object, even one that empties the list while its value is read, so a
// reference is held to each.
template <class GetItem>
void read_items(nb::handle vector, std::span<float> out, GetItem item_at) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    PyObject* item = item_at(vector.ptr(), static_cast<Py_ssize_t>(i));
    if (item == nullptr) throw nb::python_error();
    out[i] = PyFloat_CheckExact(item) ? static_cast<float>(PyFloat_AsDouble(item)) : as_float(nb::borrow(item));
  }
}

void read_sequence(nb::handle vector, std::span<float> out) {
  require_length(while_python_lives([&] { return PyObject_Size(vector.ptr()); }), out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const nb::object key = nb::steal(PyLong_FromSize_t(i));
    PyObject* item = while_python_lives([&] { return PyObject_GetItem(vector.ptr(), key.ptr()); });
    if (item == nullptr) throw nb::python_error();
    out[i] = as_float(nb::steal(item));
  }
}

class Buffer {
 public:
  explicit Buffer(nb::handle object) {
    there_ = PyObject_CheckBuffer(object.ptr()) && PyObject_GetBuffer(object.ptr(), &view_, PyBUF_RECORDS_RO) == 0;
    if (!there_) PyErr_Clear();  // an object array, for example: it is read like any sequence
  }
  ~Buffer() {
    if (there_) PyBuffer_Release(&view_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  // Returns false unless the buffer is one axis of numbers in this machine's own format.
  bool read(std::span<float> out) const {
    if (!there_ || view_.ndim != 1 || view_.format == nullptr) return false;
    const char* format = view_.format[0] == '@' ? view_.format + 1 : view_.format;
    if (format[0] == '\0' || format[1] != '\0') return false;
    switch (format[0]) {
      case 'f':
        return copy<float>(out);
      case 'd':
        return copy<double>(out);
      case '?':
      case 'B':
        return copy<std::uint8_t>(out);
      case 'b':
        return copy<std::int8_t>(out);
      case 'h':
        return copy<std::int16_t>(out);
      case 'H':
        return copy<std::uint16_t>(out);
      case 'i':
        return copy<int>(out);
      case 'I':
        return copy<unsigned int>(out);
      case 'l':
        return copy<long>(out);
      case 'L':
        return copy<unsigned long>(out);
      case 'q':
        return copy<long long>(out);
      case 'Q':
        return copy<unsigned long long>(out);
      default:
        return false;
    }
  }

 private:
  template <class T>
  bool copy(std::span<float> out) const {
    if (view_.itemsize != sizeof(T)) return false;
    require_length(view_.shape[0], out.size());
    const auto* from = static_cast<const std::byte*>(view_.buf);
    for (float& value : out) {
      T item;
      std::memcpy(&item, from, sizeof item);
      value = static_cast<float>(static_cast<double>(item));
      from += view_.strides[0];
    }
    return true;
  }

  Py_buffer view_{};
  bool there_ = false;
};

}  // namespace

void read_annoy_vector(nb::handle vector, std::span<float> out) {
  if (PyList_CheckExact(vector.ptr())) {
    require_length(PyList_Size(vector.ptr()), out.size());
    read_items(vector, out, PyList_GetItem);
  } else if (PyTuple_CheckExact(vector.ptr())) {
    require_length(PyTuple_Size(vector.ptr()), out.size());
    read_items(vector, out, PyTuple_GetItem);
  } else if (const Buffer buffer(vector); !buffer.read(out)) {
    read_sequence(vector, out);
  }
}

}  // namespace nearabout
