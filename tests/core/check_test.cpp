// Fails on purpose: ctest looks at what is printed, and at the exit status.
#include "check.h"

#include <stdexcept>

namespace {

TEST(unequal_values) {
  for (const int n : {2, 3}) {
    CASE("n ", n);
    CHECK_EQUAL(n + 1, 3);
  }
}

TEST(an_exception) { throw std::runtime_error("stopped"); }

TEST(no_exception) { CHECK_THROWS(1 + 1, std::runtime_error); }

TEST(nothing_wrong) { CHECK_EQUAL(std::string("a"), "a"); }

}  // namespace
