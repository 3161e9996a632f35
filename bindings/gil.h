// Python's lock, released and taken again. In place of nanobind's guards, because of threads that outlive the
// interpreter: when it ends, CPython before 3.14 ends every other thread that asks for the lock, by pthread_exit(). The
// C library of Linux then unwinds the thread's stack, and a destructor or a noexcept function on the way ends the whole
// process by SIGABRT. Here such a thread waits until the process is gone, as CPython has it from 3.14 on.
#pragma once

#include <chrono>
#include <thread>

#include <nanobind/nanobind.h>
#ifdef __GLIBCXX__
#include <cxxabi.h>
#endif

namespace nearabout {

[[noreturn]] inline void wait_for_ever() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

// Returns work(), which takes the lock, or runs Python code that may do so. Does not return where the interpreter ends
// meanwhile.
template <class Work>
auto while_python_lives(const Work& work) -> decltype(work()) {
#ifdef __GLIBCXX__
  try {
    return work();
  } catch (const abi::__forced_unwind&) {
    wait_for_ever();
  }
#else
  return work();
#endif
}

class GilReleased {
 public:
  GilReleased() : state_(PyEval_SaveThread()) {}
  ~GilReleased() {
    while_python_lives([this] { PyEval_RestoreThread(state_); });
  }
  GilReleased(const GilReleased&) = delete;
  GilReleased& operator=(const GilReleased&) = delete;

 private:
  PyThreadState* state_;
};

// For a while, on a thread that released it: `state` is the thread's own. (PyGILState_Ensure() crashes where the
// interpreter is gone; this waits.)
class GilTaken {
 public:
  explicit GilTaken(PyThreadState* state) {
    while_python_lives([=] { PyEval_RestoreThread(state); });
  }
  ~GilTaken() { PyEval_SaveThread(); }
  GilTaken(const GilTaken&) = delete;
  GilTaken& operator=(const GilTaken&) = delete;
};

}  // namespace nearabout
