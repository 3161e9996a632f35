// Progress reports and cancellation of long operations.
#pragma once

#include <functional>

namespace nearabout {

// Called on the thread that started the operation, at most a few times per second, with the fraction done (0 to 1). It
// cancels the operation by throwing: every function that takes a Monitor lets such an exception propagate and leaves
// nothing half done.
using Monitor = std::function<void(double fraction)>;

inline void report(const Monitor& monitor, double fraction) {
  if (monitor) monitor(fraction);
}

// Returns a monitor for one of several steps: 0 to 1 of the step map to `begin` to `end` of the whole.
inline Monitor subprogress(const Monitor& monitor, double begin, double end) {
  if (!monitor) return {};
  return [monitor, begin, end](double fraction) { monitor(begin + (end - begin) * fraction); };
}

}  // namespace nearabout
