#include "gil.h"

#include <chrono>
#include <thread>

namespace nearabout {
namespace {

// Its destructor runs when the thread is being unwound; it does not come back.
class WaitsUnlessReturned {
 public:
  ~WaitsUnlessReturned() {
    while (!returned) std::this_thread::sleep_for(std::chrono::hours(1));
  }
  bool returned = false;
};

#if defined(__GNUC__)
#define NEARABOUT_NOINLINE [[gnu::noinline]]
#else
#define NEARABOUT_NOINLINE
#endif

// Both are functions of their own, and not noexcept: within a noexcept function, such as a destructor, the compiler may
// end the process before it runs any destructor.
NEARABOUT_NOINLINE void restore(PyThreadState* state) {
  WaitsUnlessReturned guard;
  PyEval_RestoreThread(state);
  guard.returned = true;
}

NEARABOUT_NOINLINE PyGILState_STATE ensure() {
  WaitsUnlessReturned guard;
  const PyGILState_STATE state = PyGILState_Ensure();
  guard.returned = true;
  return state;
}

}  // namespace

ReleasedGil::ReleasedGil() : state_(PyEval_SaveThread()) {}
ReleasedGil::~ReleasedGil() { restore(state_); }

AcquiredGil::AcquiredGil() : state_(ensure()) {}
AcquiredGil::~AcquiredGil() { PyGILState_Release(state_); }

}  // namespace nearabout
