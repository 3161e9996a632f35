// Conversion between decimal text and float32.
#pragma once

#include <cstddef>

namespace nearabout::parse {

// Reads the number at the start of [begin, end) and returns where it ends, or null if there is none.
//
// Accepted: an optional sign, then decimal digits with at most one point and an optional exponent, or inf, infinity or
// nan in any case; no other characters, whatever the locale. The result is the float32 nearest to the float64 nearest
// to the decimal number, ties to even: the same as numpy.float32(token), gensim and most other readers, so that a file
// means the same vectors everywhere. (It differs from rounding once, straight to float32, for one long token in some
// 10^8.) Numbers that are too large become infinite.
const char* read_number(const char* begin, const char* end, float& value);

inline constexpr std::size_t kMaxNumberChars = 24;

// Writes a number at `out`, where kMaxNumberChars bytes must be free, and returns where it ends.
//
// read_number reads back the same float32, bit for bit (a NaN comes back as a NaN); so do other correct readers. It is
// the shortest such text if the standard library can find it. As in Python, a number has a point or an exponent: 3 is
// written 3.0, so that a reader can distinguish a number of a vector from one that belongs to a key. Infinities and NaN
// are written inf, -inf and nan.
char* write_number(char* out, float value);

}  // namespace nearabout::parse
