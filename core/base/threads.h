// Parallel loops whose result does not depend on the number of threads.
#pragma once

#include <cstddef>

#include "base/monitor.h"

namespace nearabout {

// Returns the number of threads to use for a request: 0 means all cores that this process may run on.
std::size_t thread_count(std::size_t requested);

// Returns the number of threads worth starting for work of about so many nanoseconds: at most thread_count(requested),
// and at least one.
std::size_t worthwhile_threads(double nanoseconds, std::size_t requested);

// The body of a parallel loop: a reference to a callable body(begin, end, worker), which outlives the loop. (A
// std::function would be memory of its own in every search.)
class LoopBody {
 public:
  template <class Body>
  LoopBody(const Body& body)  // NOLINT(google-explicit-constructor): a lambda is what is passed
      : body_(&body), run_([](const void* run, std::size_t begin, std::size_t end, std::size_t worker) {
          (*static_cast<const Body*>(run))(begin, end, worker);
        }) {}

  void operator()(std::size_t begin, std::size_t end, std::size_t worker) const { run_(body_, begin, end, worker); }

 private:
  const void* body_;
  void (*run_)(const void*, std::size_t, std::size_t, std::size_t);
};

// Runs body(begin, end, worker) over [0, count) in chunks of `grain`, on up to `threads` threads including the calling
// one; `worker` is below `threads` and never shared. Threads exist only during the call: a fork between calls loses
// none, and starting one costs some 20 microseconds, so callers pass threads = 1 for work below a millisecond. The
// first exception is rethrown here after all threads have stopped. `monitor` is called on the calling thread between
// its chunks, about ten times a second.
void parallel_for(std::size_t count, std::size_t grain, std::size_t threads, LoopBody body,
                  const Monitor& monitor = {});

}  // namespace nearabout
