// Releases and reacquires the interpreter's lock (GIL), also on threads that outlive the interpreter.
//
// A daemon thread may be in the core when the interpreter ends. Before Python 3.14, such a thread is terminated by
// pthread_exit as soon as it requests the GIL, which unwinds its C++ frames; their destructors are noexcept, so the
// process aborts. Here the thread waits forever instead, as in Python 3.14, and ends with the process.
#pragma once

#include <chrono>
#include <thread>

#include <nanobind/nanobind.h>
#ifdef __GLIBCXX__
#include <cxxabi.h>
#endif

namespace nearabout {

// Returns work(), which runs Python code that may release the GIL and request it again. Does not return if the
// interpreter ends meanwhile. (The exception caught then is not an object; UBSan would object to a reference to it.)
template <class Work>
#ifdef __GLIBCXX__
__attribute__((no_sanitize("undefined")))
#endif
auto while_python_lives(const Work& work) -> decltype(work()) {
#ifdef __GLIBCXX__
  try {
    return work();
  } catch (const abi::__forced_unwind&) {
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }
#else
  return work();
#endif
}

// Releases the GIL during its lifetime.
class ReleasedGil {
 public:
  ReleasedGil();
  ~ReleasedGil();
  ReleasedGil(const ReleasedGil&) = delete;
  ReleasedGil& operator=(const ReleasedGil&) = delete;

 private:
  PyThreadState* state_;
};

// Acquires the GIL during its lifetime, on a thread that released it: `state` is the thread's own. (PyGILState_Ensure()
// crashes if the interpreter is gone; this waits.)
class AcquiredGil {
 public:
  explicit AcquiredGil(PyThreadState* state);
  ~AcquiredGil();
  AcquiredGil(const AcquiredGil&) = delete;
  AcquiredGil& operator=(const AcquiredGil&) = delete;
};

}  // namespace nearabout
