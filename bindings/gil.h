// The interpreter's lock, let go and taken back, also by threads that outlive the interpreter.
//
// A daemon thread may be in the core when the interpreter ends. Before Python 3.14, such a thread is ended by
// pthread_exit as soon as it asks for the lock, which unwinds its C++ frames; their destructors are noexcept, so the
// process aborts. Here the thread waits for ever instead, as Python 3.14 does it, and goes with the process.
#pragma once

#include <chrono>
#include <thread>

#include <nanobind/nanobind.h>
#ifdef __GLIBCXX__
#include <cxxabi.h>
#endif

namespace nearabout {

// Returns work(), which runs Python code that may let go of the lock and ask for it again. Does not return where the
// interpreter ends meanwhile. (What is caught then is no object; UBSan would complain of a reference to none.)
template <class SearchStats>
#ifdef __GLIBCXX__
__attribute__((no_sanitize("undefined")))
#endif
auto while_python_lives(const SearchStats& stats) -> decltype(stats()) {
#ifdef __GLIBCXX__
  try {
    return stats();
  } catch (const abi::__forced_unwind&) {
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }
#else
  return stats();
#endif
}

// Without the lock while it lives.
class ReleasedGil {
 public:
  ReleasedGil();
  ~ReleasedGil();
  ReleasedGil(const ReleasedGil&) = delete;
  ReleasedGil& operator=(const ReleasedGil&) = delete;

 private:
  PyThreadState* state_;
};

// With the lock while it lives, on a thread that let go of it: `state` is the thread's own. (PyGILState_Ensure()
// crashes where the interpreter is gone; this waits.)
class AcquiredGil {
 public:
  explicit AcquiredGil(PyThreadState* state);
  ~AcquiredGil();
  AcquiredGil(const AcquiredGil&) = delete;
  AcquiredGil& operator=(const AcquiredGil&) = delete;
};

}  // namespace nearabout
