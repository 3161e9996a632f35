// Maps the core's exceptions to their namesakes in nearabout.errors, and handles Ctrl-C.
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "bindings.h"
#include "gil.h"

namespace nb = nanobind;

namespace nearabout {
namespace {

constexpr const char* kNoMemory =
    "there is not enough memory for this; give a build a budget with memory=, ask a search for less at a time";

void raise(const char* name, const std::exception& error) {
  const nb::object type = nb::module_::import_("nearabout.errors").attr(name);
  PyErr_SetString(type.ptr(), error.what());
}

void raise_system_error(const SystemError& error) {
  const nb::object message = nb::str(error.what());
  const nb::object path = nb::steal(PyUnicode_DecodeFSDefault(error.path().c_str()));
  const nb::object instance = nb::borrow(PyExc_OSError)(error.number(), message, path);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(instance.ptr())), instance.ptr());
}

// Catches derived exceptions before their bases.
void translate(const std::exception_ptr& pointer, void*) {
  try {
    std::rethrow_exception(pointer);
  } catch (const UnknownFormatError& error) {
    raise("UnknownFormatError", error);
  } catch (const TruncatedFileError& error) {
    raise("TruncatedFileError", error);
  } catch (const CorruptFileError& error) {
    raise("CorruptFileError", error);
  } catch (const UnsupportedVersionError& error) {
    raise("UnsupportedVersionError", error);
  } catch (const FileFormatError& error) {
    raise("FileFormatError", error);
  } catch (const InvalidInputError& error) {
    raise("InvalidInputError", error);
  } catch (const SystemError& error) {
    raise_system_error(error);
  } catch (const std::bad_alloc&) {
    PyErr_SetString(PyExc_MemoryError, kNoMemory);
  } catch (const std::length_error&) {  // larger than a vector can be
    PyErr_SetString(PyExc_MemoryError, kNoMemory);
  }
}

}  // namespace

void bind_errors(nb::module_&) { nb::register_exception_translator(translate); }

namespace {

void call(const nb::object& callable, double fraction) {
  const nb::object argument = nb::steal(PyFloat_FromDouble(fraction));
  if (!argument.is_valid()) throw nb::python_error();
  const auto run = [&] { return PyObject_CallFunctionObjArgs(callable.ptr(), argument.ptr(), nullptr); };
  if (!nb::steal(while_python_lives(run)).is_valid()) throw nb::python_error();
}

void check_interruption() {
  if (while_python_lives([] { return PyErr_CheckSignals(); }) != 0) throw nb::python_error();
}

}  // namespace

Monitor interruption_monitor() {
  PyThreadState* const own = PyThreadState_Get();
  return [own](double) {
    const AcquiredGil gil(own);
    check_interruption();
  };
}

Monitor python_monitor(nb::object callable) {
  PyThreadState* const own = PyThreadState_Get();
  // A monitor outlives the work done without the GIL: the GIL is held when the last copy releases the callable.
  return [own, shared = std::make_shared<nb::object>(std::move(callable))](double fraction) {
    const AcquiredGil gil(own);
    check_interruption();
    if (!shared->is_none()) call(*shared, fraction);
  };
}

}  // namespace nearabout
