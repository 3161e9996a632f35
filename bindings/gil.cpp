#include "gil.h"

namespace nearabout {

ReleasedGil::ReleasedGil() : state_(PyEval_SaveThread()) {}
ReleasedGil::~ReleasedGil() {
  while_python_lives([this] { PyEval_RestoreThread(state_); });
}

AcquiredGil::AcquiredGil(PyThreadState* state) {
  while_python_lives([=] { PyEval_RestoreThread(state); });
}
AcquiredGil::~AcquiredGil() { PyEval_SaveThread(); }

}  // namespace nearabout
