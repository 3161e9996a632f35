// How long work tells how far it is, and learns that it should stop.
#pragma once

#include <functional>

namespace nearabout {

// Called on the thread that asked for the work, a few times a second at most, with the share done (0 to 1). It stops
// the work by throwing: every function that takes a Monitor passes such an exception on and leaves nothing half done.
using Monitor = std::function<void(double share)>;

inline void report(const Monitor& monitor, double share) {
  if (monitor) monitor(share);
}

}  // namespace nearabout
