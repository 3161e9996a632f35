#include "parse/utf8.h"

#include <string>

#include "check.h"

namespace {

using nearabout::parse::append_repaired;
using nearabout::parse::InvalidUtf8;
using nearabout::parse::valid_utf8_prefix;

struct Repair {
  std::string text;
  std::string replaced;
  std::size_t bad;
};

// The results of Python's bytes.decode(errors="replace"), and the number of bytes replaced.
const std::string kMark = "\xEF\xBF\xBD";
const Repair kRepairs[] = {
    {"\xFF", kMark, 1},
    {"a\xC3", "a" + kMark, 1},
    {"caf\xE9 au lait", "caf" + kMark + " au lait", 1},
    {"\xC0\xAF", kMark + kMark, 2},                          // overlong
    {"\xE0\x80\x80", kMark + kMark + kMark, 3},              // overlong
    {"\xED\xA0\x80", kMark + kMark + kMark, 3},              // a surrogate
    {"\xF4\x90\x80\x80", kMark + kMark + kMark + kMark, 4},  // past U+10FFFF
    {"\xE2\x82x", kMark + "x", 2},                           // truncated: one part
    {"\xF0\x9F\x98", kMark, 3},
    {"\xF0\x9F\x98\xF0\x9F\x98\x80", kMark + "\xF0\x9F\x98\x80", 3},
};

TEST(valid_text) {
  for (const char* text : {"", "plain", "caf\xC3\xA9", "\xE4\xB8\xAD\xE6\x96\x87", "\xF0\x9F\x98\x80", "\xEE\x80\x80",
                           "\xF4\x8F\xBF\xBF", "eight by eight bytes of ASCII, then \xC3\xA9 and on it goes"}) {
    CHECK_EQUAL(valid_utf8_prefix(text), std::string(text).size());
  }
  CHECK_EQUAL(valid_utf8_prefix("12345678901\xFF"), 11);
}

TEST(repairs) {
  for (const Repair& repair : kRepairs) {
    std::string replaced, ignored;
    CHECK_EQUAL(append_repaired(repair.text, InvalidUtf8::replace, replaced), repair.bad);
    CHECK_EQUAL(replaced, repair.replaced);
    CHECK_EQUAL(append_repaired(repair.text, InvalidUtf8::ignore, ignored), repair.bad);
    CHECK(valid_utf8_prefix(ignored) == ignored.size() && ignored.find(kMark) == std::string::npos);
  }
}

}  // namespace
