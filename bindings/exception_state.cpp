// What the C++ runtime keeps of each thread's exceptions, where every thread has it from its start.
//
// The runtime that is linked into this module keeps it in thread-local memory that is allocated at a thread's first
// exception. Where no memory is left, as when that exception is std::bad_alloc, the dynamic linker then ends the
// process with status 127. Memory of the model "initial-exec" is part of the thread itself. The names and the contents
// are those of the Itanium C++ ABI, section 2.2.2.
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
