#include "parse/utf8.h"

#include <cstring>

namespace nearabout::parse {
namespace {

struct Sequence {
  std::size_t length;  // bytes that belong together
  bool valid;
};

// The bytes allowed after a lead byte: how many, and the range of the first of them (Unicode 15, table 3-7).
struct Lead {
  std::size_t following;
  unsigned char low;
  unsigned char high;
};

Lead lead_of(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};  // below: overlong
  if (byte == 0xED) return {2, 0x80, 0x9F};  // above: surrogates
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};  // above: past U+10FFFF
  return {0, 0, 0};
}

Sequence next_sequence(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  if (byte(0) < 0x80) return {1, true};
  const Lead lead = lead_of(byte(0));
  if (lead.following == 0) return {1, false};
  std::size_t length = 1;
  for (; length <= lead.following; ++length) {
    const unsigned char low = length == 1 ? lead.low : 0x80;
    const unsigned char high = length == 1 ? lead.high : 0xBF;
    if (length >= text.size() || byte(length) < low || byte(length) > high) return {length, false};
  }
  return {length, true};
}

}  // namespace

std::size_t valid_utf8_prefix(std::string_view text) {
  std::size_t place = 0;
  while (place < text.size()) {
    while (place + 8 <= text.size()) {  // eight ASCII bytes at once
      std::uint64_t word;
      std::memcpy(&word, text.data() + place, sizeof word);
      if ((word & 0x8080808080808080U) != 0) break;
      place += 8;
    }
    if (place == text.size()) break;
    const Sequence sequence = next_sequence(text.substr(place));
    if (!sequence.valid) return place;
    place += sequence.length;
  }
  return place;
}

std::size_t append_repaired(std::string_view text, InvalidUtf8 policy, std::string& out) {
  std::size_t bad = 0;
  while (!text.empty()) {
    const std::size_t good = valid_utf8_prefix(text);
    out.append(text.substr(0, good));
    text.remove_prefix(good);
    if (text.empty()) break;
    const std::size_t length = next_sequence(text).length;
    if (policy == InvalidUtf8::replace) out.append("\xEF\xBF\xBD");
    text.remove_prefix(length);
    bad += length;
  }
  return bad;
}

}  // namespace nearabout::parse
