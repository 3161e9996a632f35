#include "check.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <string_view>
#include <vector>

namespace nearabout::test {
namespace {

constexpr std::size_t kMaxPrinted = 20;  // failures of one test

struct Test {
  std::string name;
  void (*body)();
};

struct State {
  std::vector<Test> tests;
  std::mutex mutex;  // guards what follows
  std::vector<std::string> cases;
  const Test* running = nullptr;
  std::size_t failures = 0;  // of the running test
};

// Made at first use: tests register themselves before main() begins.
State& state() {
  static State all;
  return all;
}

// Returns the number of failures.
std::size_t run_one(const Test& test) {
  state().running = &test;
  state().failures = 0;
  try {
    test.body();
  } catch (const std::exception& error) {
    fail("exception", 0, joined("threw: ", error.what()));
  }
  if (state().failures > kMaxPrinted) std::printf("%s: %zu failures in all\n", test.name.c_str(), state().failures);
  return state().failures;
}

}  // namespace

Registered::Registered(const char* file, const char* name, void (*body)()) {
  state().tests.push_back({std::string(file) + "." + name, body});
}

CaseLabel::CaseLabel(const std::string& label) {
  const std::lock_guard lock(state().mutex);
  state().cases.push_back(label);
}

CaseLabel::~CaseLabel() {
  const std::lock_guard lock(state().mutex);
  state().cases.pop_back();
}

void fail(const char* file, int line, const std::string& sentence) {
  const std::lock_guard lock(state().mutex);
  if (++state().failures > kMaxPrinted) return;
  std::printf("%s:%d: %s", file, line, state().running ? state().running->name.c_str() : "before any test");
  for (const std::string& label : state().cases) std::printf(" [%s]", label.c_str());
  std::printf(": %s\n", sentence.c_str());
}

std::string text_of_number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

int run(int count, char** arguments) {
  const std::vector<std::string_view> filters(arguments + std::min(count, 1), arguments + count);
  const bool list = std::find(filters.begin(), filters.end(), "--list") != filters.end();
  std::size_t ran = 0;
  std::vector<std::string> failed;
  for (const Test& test : state().tests) {
    if (list) std::printf("%s\n", test.name.c_str());
    const auto names_it = [&](std::string_view filter) { return test.name.find(filter) != std::string::npos; };
    if (list || (!filters.empty() && std::none_of(filters.begin(), filters.end(), names_it))) continue;
    ++ran;
    if (run_one(test) > 0) failed.push_back(test.name);
  }
  if (list) return 0;
  for (const std::string& name : failed) std::printf("FAILED: %s\n", name.c_str());
  std::printf("%zu of %zu tests passed\n", ran - failed.size(), ran);
  return failed.empty() && ran > 0 ? 0 : 1;
}

}  // namespace nearabout::test
