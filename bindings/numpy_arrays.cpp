#include "numpy_arrays.h"

#include <atomic>

namespace nearabout {
namespace {

// The first fields of an array.
struct ArrayFields {
  static constexpr int kContiguous = 0x1, kAligned = 0x100;

  PyObject head;
  void* data;
  int axes;
  Py_ssize_t* shape;
  Py_ssize_t* strides;
  PyObject* base;
  PyObject* type;
  int flags;
};

const ArrayFields& fields_of(nb::handle array) {
  return *static_cast<const ArrayFields*>(static_cast<const void*>(array.ptr()));
}

// Places in NumPy's table of functions.
enum : std::size_t { kGetVersion = 0, kNewFromDescr = 94 };
using GetVersion = unsigned int (*)();
// Takes over the reference to the type.
using NewFromDescr = PyObject* (*)(PyObject* subtype, PyObject* type, int axes, const Py_ssize_t* shape,
                                   const Py_ssize_t* strides, void* data, int flags, PyObject* prototype);

template <class Function>
Function function_at(void* const* table, std::size_t place) {
  return reinterpret_cast<Function>(table[place]);
}

// NumPy 2 moved the module, and left an alias that warns.
nb::module_ module_of_table() {
  try {
    return nb::module_::import_("numpy._core._multiarray_umath");
  } catch (const nb::python_error& error) {
    if (!error.matches(PyExc_ImportError)) throw;
    return nb::module_::import_("numpy.core._multiarray_umath");
  }
}

void* const* function_table() {
  const nb::object capsule = module_of_table().attr("_ARRAY_API");
  void* const table = PyCapsule_GetPointer(capsule.ptr(), nullptr);
  if (!table) throw nb::python_error();
  return static_cast<void* const*>(table);
}

nb::object numpy_type(const char* name) { return nb::module_::import_("numpy").attr("dtype")(name); }

// What is used of NumPy, looked up once. It is never released: NumPy stays loaded as long as the interpreter runs.
struct Numpy {
  void* const* table = function_table();
  unsigned int major = function_at<GetVersion>(table, kGetVersion)() >> 24;
  NewFromDescr new_array = function_at<NewFromDescr>(table, kNewFromDescr);
  nb::object ndarray = nb::module_::import_("numpy").attr("ndarray");
  nb::object float32 = numpy_type("float32"), float16 = numpy_type("float16");
  nb::object uint8 = numpy_type("uint8"), int8 = numpy_type("int8"), int64 = numpy_type("int64");
};

// A lock (also that of a static variable) would wait for a thread that imports, with the interpreter's lock held that
// the importing thread needs. Two threads may both look it up; one of the two is then forgotten.
const Numpy& numpy() {
  static std::atomic<const Numpy*> found{nullptr};
  if (const Numpy* const known = found.load(std::memory_order_acquire)) return *known;
  const Numpy* const made = new Numpy;
  found.store(made, std::memory_order_release);
  return *made;
}

// Returns the type whose object in NumPy is the same, as `same` says.
template <class Same>
std::optional<nb::dlpack::dtype> type_where(Same same) {
  constexpr auto kFloat = static_cast<std::uint8_t>(nb::dlpack::dtype_code::Float);
  const Numpy& known = numpy();
  if (same(known.float32)) return nb::dtype<float>();
  if (same(known.uint8)) return nb::dtype<std::uint8_t>();
  if (same(known.int8)) return nb::dtype<std::int8_t>();
  if (same(known.float16)) return nb::dlpack::dtype{kFloat, 16, 1};
  return {};
}

// Nearly all arrays share one object for their type; one that was unpickled has its own.
std::optional<nb::dlpack::dtype> type_of(nb::handle type) {
  const auto shared = type_where([=](const nb::object& known) { return type.is(known); });
  return shared ? shared : type_where([=](const nb::object& known) { return type.equal(known); });
}

const nb::object& type_for(const std::int64_t*) { return numpy().int64; }
const nb::object& type_for(const float*) { return numpy().float32; }

}  // namespace

bool numpy_is_known() { return numpy().major == 1 || numpy().major == 2; }

bool is_numpy_array(nb::handle object) { return object.type().is(numpy().ndarray); }

std::optional<PlainArray> plain_array(nb::handle numpy_array) {
  const ArrayFields& array = fields_of(numpy_array);
  constexpr int kPlain = ArrayFields::kContiguous | ArrayFields::kAligned;
  if ((array.flags & kPlain) != kPlain || array.axes < 1 || array.axes > 2) return {};
  const std::optional<nb::dlpack::dtype> type = type_of(array.type);
  if (!type) return {};
  PlainArray plain{array.data, *type, static_cast<std::size_t>(array.axes), {}};
  for (std::size_t axis = 0; axis < plain.axes; ++axis) plain.shape[axis] = static_cast<std::size_t>(array.shape[axis]);
  return plain;
}

template <class T>
NewNumpyArray<T>::NewNumpyArray(std::span<const std::size_t> shape) : data(nullptr) {
  const Numpy& known = numpy();
  std::array<Py_ssize_t, 2> sizes{};
  for (std::size_t axis = 0; axis < shape.size(); ++axis) sizes[axis] = static_cast<Py_ssize_t>(shape[axis]);
  array = nb::steal(known.new_array(known.ndarray.ptr(), nb::object(type_for(data)).release().ptr(),
                                    static_cast<int>(shape.size()), sizes.data(), nullptr, nullptr, 0, nullptr));
  if (!array.is_valid()) throw nb::python_error();
  data = static_cast<T*>(fields_of(array).data);
}

template struct NewNumpyArray<std::int64_t>;
template struct NewNumpyArray<float>;

}  // namespace nearabout
