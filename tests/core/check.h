// The core's whole test harness: a failed CHECK prints its location and expression, and the program exits with 1.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace nearabout::test {

inline int failures = 0;

inline int report(const char* program) {
  std::printf("%s: %s\n", program, failures == 0 ? "passed" : "FAILED");
  return failures == 0 ? 0 : 1;
}

}  // namespace nearabout::test

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      std::printf("%s:%d: CHECK failed: %s\n", __FILE__, __LINE__, #condition); \
      ++nearabout::test::failures;                                              \
    }                                                                           \
  } while (false)

#define CHECK_THROWS(expression, exception)                                                     \
  do {                                                                                          \
    bool thrown = false;                                                                        \
    try {                                                                                       \
      (void)(expression);                                                                       \
    } catch (const exception&) {                                                                \
      thrown = true;                                                                            \
    }                                                                                           \
    if (!thrown) {                                                                              \
      std::printf("%s:%d: %s did not throw %s\n", __FILE__, __LINE__, #expression, #exception); \
      ++nearabout::test::failures;                                                              \
    }                                                                                           \
  } while (false)
