// Decimal numbers as text, read into float32.
#pragma once

#include <cstddef>

namespace nearabout::text {

// Reads the number at the start of [begin, end) and returns where it ends, or null where there is none.
//
// Accepted: an optional sign, then decimal digits with at most one point and an optional exponent, or inf, infinity or
// nan in any case; no other characters, whatever the locale. The result is the float32 nearest to the float64 nearest
// to the decimal number, ties to even: what numpy.float32(token), gensim and most other readers give, so that one file
// means the same vectors everywhere. (It differs from rounding once, straight to float32, for one long token in some
// 10^8.) What is too large becomes infinite.
const char* read_number(const char* begin, const char* end, float& value);

}  // namespace nearabout::text
