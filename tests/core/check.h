// The core's whole test harness. A test is TEST(name) { ... }; all test files of a ring make one program (runner.cpp).
// A failed check prints its place, the test, the case and the values; the test and all others go on.
#pragma once

#include <cstdio>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>

namespace nearabout::test {

// Registers a test as "ring/file.name".
struct Registered {
  Registered(const char* file, const char* name, void (*body)());
};

// Stands in the messages of failures as long as it lives. For the thread that runs the tests.
struct CaseLabel {
  explicit CaseLabel(const std::string& label);
  ~CaseLabel();
  CaseLabel(const CaseLabel&) = delete;
  CaseLabel& operator=(const CaseLabel&) = delete;
};

// Counts a failure of the running test and prints it; any thread may.
void fail(const char* file, int line, const std::string& sentence);

// Runs the tests whose names contain one of the arguments, or all; --list prints names. Returns the exit status.
int run(int count, char** arguments);

std::string text_of_number(double value);

template <class Value>
std::string text_of(const Value& value) {
  if constexpr (std::is_constructible_v<std::string, const Value&>) {
    return std::string(value);
  } else if constexpr (std::is_same_v<Value, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_enum_v<Value>) {
    return std::to_string(static_cast<std::underlying_type_t<Value>>(value));
  } else if constexpr (std::is_integral_v<Value>) {
    return std::to_string(value);
  } else if constexpr (std::is_floating_point_v<Value>) {
    return text_of_number(static_cast<double>(value));
  } else if constexpr (std::ranges::sized_range<const Value>) {
    std::string text = std::to_string(std::ranges::size(value)) + " of";
    for (const auto& one : value | std::views::take(20)) text += ' ' + text_of(one);
    return text;
  } else {
    return "something that has no text";
  }
}

template <class... Values>
std::string joined(const Values&... values) {
  return (std::string() + ... + text_of(values));
}

template <class Value>
inline constexpr bool kIsInteger =
    std::is_integral_v<Value> && !std::is_same_v<Value, bool> && !std::is_same_v<Value, char>;

template <class Actual, class Expected>
bool equal(const Actual& actual, const Expected& expected) {
  if constexpr (kIsInteger<Actual> && kIsInteger<Expected>) {
    return std::cmp_equal(actual, expected);
  } else if constexpr (std::is_arithmetic_v<Actual> && std::is_arithmetic_v<Expected>) {
    using Common = std::common_type_t<Actual, Expected>;
    return static_cast<Common>(actual) == static_cast<Common>(expected);
  } else {
    return actual == expected;
  }
}

template <class Actual, class Expected>
void check_equal(const char* file, int line, const char* both, const Actual& actual, const Expected& expected) {
  if (!equal(actual, expected)) fail(file, line, joined(both, ": ", actual, " is not ", expected));
}

}  // namespace nearabout::test

#define TEST(name)                                                                                       \
  static void name##_test();                                                                             \
  static const ::nearabout::test::Registered name##_registered{NEARABOUT_TEST_FILE, #name, name##_test}; \
  static void name##_test()

// Names the case that a loop is at: CASE("dims ", dims, ", k ", k);
#define CASE(...) NEARABOUT_CASE_AT(__LINE__, __VA_ARGS__)
#define NEARABOUT_CASE_AT(line, ...) NEARABOUT_CASE_NAMED(line, __VA_ARGS__)
#define NEARABOUT_CASE_NAMED(line, ...) \
  const ::nearabout::test::CaseLabel case_##line(::nearabout::test::joined(__VA_ARGS__))

// A failure that says more than an expression: if (wrong) FAIL("row ", row, " is wrong");
#define FAIL(...) ::nearabout::test::fail(__FILE__, __LINE__, ::nearabout::test::joined(__VA_ARGS__))

#define CHECK(...)                                                                 \
  do {                                                                             \
    if (!(__VA_ARGS__)) ::nearabout::test::fail(__FILE__, __LINE__, #__VA_ARGS__); \
  } while (false)

// Like CHECK(actual == expected), but prints both.
#define CHECK_EQUAL(actual, ...) \
  ::nearabout::test::check_equal(__FILE__, __LINE__, #actual " == " #__VA_ARGS__, actual, (__VA_ARGS__))

#define CHECK_THROWS(expression, exception)                                                             \
  do {                                                                                                  \
    bool thrown = false;                                                                                \
    try {                                                                                               \
      (void)(expression);                                                                               \
    } catch (const exception&) {                                                                        \
      thrown = true;                                                                                    \
    }                                                                                                   \
    if (!thrown) ::nearabout::test::fail(__FILE__, __LINE__, #expression " did not throw " #exception); \
  } while (false)
