#include "parse/number.h"

#include <cfloat>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <system_error>

#if !defined(__cpp_lib_to_chars) && defined(__APPLE__)
#include <cstdlib>
#include <locale>
#include <sstream>

#include <xlocale.h>
#endif

namespace nearabout::parse {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::int64_t kExponentLimit = 1'000'000'000'000;  // far beyond any effect, far from overflow
constexpr int kExactDigits = 19;                            // decimal digits that always fit 64 bits

// All powers of ten that float64 holds exactly.
constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::int64_t kMaxPower = 22;

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

float narrow(double value) {
  constexpr double largest = FLT_MAX;
  constexpr double tie = 0x1.ffffffp127;  // half-way between FLT_MAX and its would-be successor: rounds to infinity
  if (std::abs(value) <= largest) return static_cast<float>(value);
  return std::copysign(std::abs(value) < tie ? FLT_MAX : kInfinity, static_cast<float>(value > 0 ? 1 : -1));
}

// Returns the correctly rounded float64 of an unsigned decimal number whose syntax has been checked. `exponent` is that
// of its 19 leading digits: if the value is out of range, its sign distinguishes overflow from underflow.
double nearest_double(const char* begin, const char* end, std::int64_t exponent) {
#if defined(__cpp_lib_to_chars)
  double value = 0;
  const std::from_chars_result result = std::from_chars(begin, end, value);
  if (result.ec == std::errc::result_out_of_range) return exponent > 0 ? HUGE_VAL : 0.0;
  return value;
#elif defined(__APPLE__)  // libc++ gained the function late
  (void)exponent;
  return strtod_l(std::string(begin, end).c_str(), nullptr, LC_C_LOCALE);
#else
#error "std::from_chars for double is needed: use GCC 11, Clang with libc++ 20, or Visual Studio 2019, or newer"
#endif
}

// Matches the remaining letters of a word, in either case; returns null if they differ.
const char* match_word(const char* begin, const char* end, const char* word) {
  for (; *word != '\0'; ++word, ++begin) {
    if (begin == end || (*begin | 0x20) != *word) return nullptr;
  }
  return begin;
}

const char* read_name(const char* begin, const char* end, bool negative, float& value) {
  const char* after = match_word(begin, end, "inf");
  if (after != nullptr) {
    value = negative ? -kInfinity : kInfinity;
    const char* longer = match_word(after, end, "inity");
    return longer != nullptr ? longer : after;
  }
  after = match_word(begin, end, "nan");
  if (after != nullptr) value = std::numeric_limits<float>::quiet_NaN();
  return after;
}

struct Digits {
  std::uint64_t mantissa = 0;
  int count = 0;              // significant digits read into the mantissa
  std::int64_t exponent = 0;  // the value is about mantissa * 10^exponent
  bool exact = true;          // no digit was dropped
  bool any = false;
};

// Reads a run of digits. `scale` is added to the exponent for each digit read (-1 after the point), `left` for each
// digit dropped (+1 before the point).
const char* take_digits(const char* p, const char* end, Digits& digits, int scale, int left) {
  const char* const start = p;
  for (; p != end && is_digit(*p); ++p) {
    const auto digit = static_cast<unsigned>(*p - '0');
    if (digits.count < kExactDigits) {
      digits.mantissa = digits.mantissa * 10 + digit;
      digits.count += digits.mantissa != 0;  // leading zeros are not significant
      digits.exponent += scale;
    } else {
      digits.exact &= digit == 0;
      digits.exponent += left;
    }
  }
  digits.any |= p != start;
  return p;
}

// Reads an exponent. It must have digits; without them the letter is not part of the number.
const char* take_exponent(const char* p, const char* end, Digits& digits) {
  const char* cursor = p + 1;
  const bool negative = cursor != end && *cursor == '-';
  if (cursor != end && (*cursor == '-' || *cursor == '+')) ++cursor;
  if (cursor == end || !is_digit(*cursor)) return p;
  std::int64_t exponent = 0;
  for (; cursor != end && is_digit(*cursor); ++cursor) {
    if (exponent < kExponentLimit) exponent = exponent * 10 + (*cursor - '0');
  }
  digits.exponent += negative ? -exponent : exponent;
  return cursor;
}

char* write_name(char* out, const char* name) {
  const std::size_t length = std::strlen(name);
  std::memcpy(out, name, length);
  return out + length;
}

#if defined(__cpp_lib_to_chars)
char* write_digits(char* out, float value) {
  char* const last = out + kMaxNumberChars - 3;  // leaves room for a sign and ".0"
  // This is the only float32 whose shortest text reads back as its neighbour if it is read via float64, as it is here
  // and in NumPy, because of double rounding. (Found by trying all of them.)
  if (value == 7.038531e-26F) return std::to_chars(out, last, value, std::chars_format::scientific, 8).ptr;
  // The bounds within which Python and NumPy write no exponent.
  const bool plain = value == 0 || (value >= 1e-4F && value < 1e16F);
  return std::to_chars(out, last, value, plain ? std::chars_format::fixed : std::chars_format::scientific).ptr;
}
#else  // libc++ for older systems of Apple's: nine digits, which always suffice, are not always the fewest
char* write_digits(char* out, float value) {
  std::ostringstream stream;
  stream.imbue(std::locale::classic());
  stream.precision(9);
  stream << value;
  return write_name(out, stream.str().c_str());
}
#endif

}  // namespace

// The fast path is Clinger's (How to read floating point numbers accurately, PLDI 1990): if mantissa and power of ten
// are both exact in float64, one multiplication or division rounds once. Nearly every number in a vector file
// qualifies.
const char* read_number(const char* begin, const char* end, float& value) {
  const char* p = begin;
  const bool negative = p != end && *p == '-';
  if (p != end && (*p == '-' || *p == '+')) ++p;
  const char* const unsigned_begin = p;

  Digits digits;
  p = take_digits(p, end, digits, 0, 1);
  if (p != end && *p == '.') p = take_digits(p + 1, end, digits, -1, 0);
  if (!digits.any) return read_name(unsigned_begin, end, negative, value);
  if (p != end && (*p | 0x20) == 'e') p = take_exponent(p, end, digits);

  double magnitude;
  // FLT_EVAL_METHOD: x87's longer registers would round the product twice.
  if (FLT_EVAL_METHOD == 0 && digits.exact && digits.mantissa <= (std::uint64_t{1} << 53) &&
      digits.exponent >= -kMaxPower && digits.exponent <= kMaxPower) {
    magnitude = static_cast<double>(digits.mantissa);
    magnitude = digits.exponent < 0 ? magnitude / kPowers[-digits.exponent] : magnitude * kPowers[digits.exponent];
  } else if (digits.mantissa == 0) {
    magnitude = 0;  // whatever the exponent
  } else {
    magnitude = nearest_double(unsigned_begin, p, digits.exponent);
  }
  value = narrow(negative ? -magnitude : magnitude);
  return p;
}

// Handles the sign, infinities and NaN; write_digits takes finite non-negative numbers only.
char* write_number(char* out, float value) {
  if (std::isnan(value)) return write_name(out, "nan");
  if (std::signbit(value)) *out++ = '-';
  const float magnitude = std::abs(value);
  if (std::isinf(magnitude)) return write_name(out, "inf");
  char* const end = write_digits(out, magnitude);
  for (const char* p = out; p != end; ++p) {
    if (*p == '.' || *p == 'e') return end;
  }
  return write_name(end, ".0");
}

}  // namespace nearabout::parse
