// How long work tells how far it is, and learns that it should stop.
#pragma once

#include <functional>

namespace nearabout {

// Called on the thread that asked for the work, a few times a second at most, with the share done (0 to 1). It stops
// the work by throwing: every function that takes a Monitor passes such an exception on and leaves nothing half done.
using Monitor = std::function<void(double fraction)>;

inline void report(const Monitor& monitor, double fraction) {
  if (monitor) monitor(fraction);
}

// For one of several steps: 0 to 1 of the step are `begin` to `end` of the whole.
inline Monitor subprogress(const Monitor& monitor, double begin, double end) {
  if (!monitor) return {};
  return [monitor, begin, end](double fraction) { monitor(begin + (end - begin) * fraction); };
}

}  // namespace nearabout
