// The C++ runtime's per-thread exception state, allocated when a thread starts.
//
// The runtime that is linked into this module keeps this state in thread-local memory that is allocated at a thread's
// first exception. If no memory is left, as when that exception is std::bad_alloc, the dynamic linker then terminates
// the process with status 127. Memory of the "initial-exec" model is part of the thread itself. The names and the
// contents are those of the Itanium C++ ABI, section 2.2.2.
#include <features.h>

#if defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__))

namespace {

struct Globals {
  void* caught;
  unsigned int uncaught;
};

__attribute__((tls_model("initial-exec"))) thread_local Globals globals;

}  // namespace

extern "C" {

__attribute__((used, visibility("hidden"))) Globals* __cxa_get_globals() noexcept { return &globals; }
__attribute__((used, visibility("hidden"))) Globals* __cxa_get_globals_fast() noexcept { return &globals; }
}

#endif
