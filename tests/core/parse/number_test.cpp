#include "parse/number.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "check.h"

namespace {

using nearabout::parse::kMaxNumberChars;
using nearabout::parse::read_number;
using nearabout::parse::write_number;

std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// The reference: the C library's float64, narrowed.
bool same_as_strtod(const std::string& token) {
  float value = 0;
  const char* const end = token.data() + token.size();
  if (read_number(token.data(), end, value) != end) return false;
  const auto expected = static_cast<float>(std::strtod(token.c_str(), nullptr));
  if (bits_of(value) == bits_of(expected)) return true;
  std::printf("%s: %a, expected %a\n", token.c_str(), static_cast<double>(value), static_cast<double>(expected));
  return false;
}

std::size_t taken(const std::string& token) {
  float value = 0;
  const char* const end = read_number(token.data(), token.data() + token.size(), value);
  return end == nullptr ? std::string::npos : static_cast<std::size_t>(end - token.data());
}

TEST(hard_numbers) {
  for (const char* token : {"0",
                            "-0",
                            "+1",
                            "1.",
                            ".5",
                            "1e5",
                            "1E+5",
                            "1e-5",
                            "0.1",
                            "-0.1222",
                            "3.4028234663852886e38",
                            "3.4028235677973366e38",
                            "3.4028235677973365e38",
                            "1e39",
                            "-1e39",
                            "1e400",
                            "-1e400",
                            "1e-400",
                            "1.401298464324817e-45",
                            "7.006492321624085e-46",
                            "7.006492321624086e-46",
                            "1e-46",
                            "1.17549435e-38",
                            "1.1754942e-38",
                            "16777217",
                            "16777219",
                            "9007199254740993",
                            "1.000000059604644775390625",
                            "1.00000005960464477539062500001",
                            "1.00000017881393432617187500",
                            "-1.671300083398818970e-02",
                            "123456789012345678901234567890",
                            "0.000000000000000000000000000000000000000000000000000000000001e60",
                            "0e99999999999999999999",
                            "1e-99999999999999999999",
                            "0000000000000000000000000001.5",
                            "8.5e-2",
                            "99999999999999999999e22"}) {
    CHECK(same_as_strtod(token));
  }
  CHECK(same_as_strtod(std::string(2000, '9')));
  CHECK(same_as_strtod("0." + std::string(2000, '0') + "1e2001"));
  CHECK(same_as_strtod("1" + std::string(2000, '0') + "e-2000"));
}

TEST(names) {
  for (const char* token : {"inf", "-inf", "+Infinity", "INF", "nan", "-NaN"})
    CHECK_EQUAL(taken(token), std::strlen(token));
  float value = 0;
  const std::string nan = "nan";
  CHECK(read_number(nan.data(), nan.data() + 3, value) != nullptr && std::isnan(value));
  const std::string infinity = "-inf";
  CHECK(read_number(infinity.data(), infinity.data() + 4, value) != nullptr && std::isinf(value) && value < 0);
}

TEST(where_a_number_ends) {
  for (const char* token : {"", "-", ".", "e5", "-.", "x", "in", "na", "+-1", " 1", "\xEF\xBC\x91"}) {
    CHECK_EQUAL(taken(token), std::string::npos);
  }
  CHECK_EQUAL(taken("1 2"), 1);
  CHECK_EQUAL(taken("1.5.2"), 3);
  CHECK_EQUAL(taken("1e"), 1);
  CHECK_EQUAL(taken("1e+"), 1);
  CHECK_EQUAL(taken("1e5x"), 3);
  CHECK_EQUAL(taken("0x10"), 1);
  CHECK_EQUAL(taken("1_000"), 1);
  CHECK_EQUAL(taken("1,5"), 1);
  CHECK_EQUAL(taken("infinit"), 3);
}

TEST(random_numbers) {
  std::mt19937_64 random(20'240'501);
  char token[64];
  bool same = true;
  for (int i = 0; i < 300'000 && same; ++i) {
    const std::uint64_t word = random();
    float value;
    const auto bits = static_cast<std::uint32_t>(word);
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const int digits = static_cast<int>((word >> 32) % 20) + 1;
    std::snprintf(token, sizeof token, "%.*g", digits, static_cast<double>(value));
    same = same_as_strtod(token);
    // Half-way between two neighbours, exactly and truncated, where rounding errors show first.
    const double middle = (static_cast<double>(value) + static_cast<double>(std::nextafterf(value, 0))) / 2;
    std::snprintf(token, sizeof token, "%.*e", digits + 8, middle);
    same = same && same_as_strtod(token);
  }
  CHECK(same);
}

std::string written(float value) {
  char out[kMaxNumberChars];
  return {out, write_number(out, value)};
}

// Returns true if our reader and the C library's, rounded once, both read the number back. Tries both signs.
bool comes_back(float value) {
  for (const float each : {value, -value}) {
    const std::string text = written(each);
    float again = 0;
    const char* const end = text.data() + text.size();
    const bool ours = read_number(text.data(), end, again) == end && bits_of(again) == bits_of(each);
    if (ours && bits_of(std::strtof(text.c_str(), nullptr)) == bits_of(each)) continue;
    std::printf("%a was written as %s\n", static_cast<double>(each), text.c_str());
    return false;
  }
  return true;
}

TEST(how_numbers_are_written) {
  CHECK_EQUAL(written(0.0F), "0.0");
  CHECK_EQUAL(written(-0.0F), "-0.0");
  CHECK_EQUAL(written(3.0F), "3.0");
  CHECK_EQUAL(written(-100000.0F), "-100000.0");
  CHECK_EQUAL(written(-0.25F), "-0.25");
  CHECK_EQUAL(written(16777216.0F), "16777216.0");
  CHECK_EQUAL(written(std::numeric_limits<float>::infinity()), "inf");
  CHECK_EQUAL(written(-std::numeric_limits<float>::infinity()), "-inf");
  CHECK_EQUAL(written(std::numeric_limits<float>::quiet_NaN()), "nan");
  CHECK_EQUAL(written(-std::numeric_limits<float>::quiet_NaN()), "nan");
#if defined(__cpp_lib_to_chars)  // elsewhere with more digits
  CHECK_EQUAL(written(0.1F), "0.1");
  CHECK_EQUAL(written(-2.5e-8F), "-2.5e-08");
  CHECK_EQUAL(written(1e-45F), "1e-45");
  CHECK_EQUAL(written(3.4028235e38F), "3.4028235e+38");
#endif
}

// Neighbours of every power of two, where the gap between floats changes, and a fixed sample of all others. (Trying all
// of them takes two minutes; done once, and all were read back except the first one here.)
TEST(written_numbers_come_back) {
  bool all = comes_back(7.038531e-26F);
  for (std::uint32_t exponent = 0; exponent < 255 && all; ++exponent) {
    for (std::uint32_t step = 0; step < 64 && all; ++step) {
      const std::uint32_t bits = (exponent << 23) + (step < 32 ? step : 0x7FFFFFU - (step - 32));
      float value;
      std::memcpy(&value, &bits, sizeof value);
      all = comes_back(value);
    }
  }
  for (std::uint32_t bits = 0; bits < 0x7F800000U && all; bits += 9973) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    all = comes_back(value);
  }
  CHECK(all);
}

}  // namespace
