// UTF-8 validation and repair: keys are UTF-8, but files are not always.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nearabout::parse {

// How to handle bytes that are not UTF-8, with Python's names and Python's results.
enum class InvalidUtf8 : std::uint8_t { strict, replace, ignore };

// Returns the length of the longest valid prefix in bytes; text.size() if all of it is valid. Surrogates, overlong
// forms and code points above U+10FFFF are not valid (RFC 3629).
std::size_t valid_utf8_prefix(std::string_view text);

// Appends `text` to `out`, with each maximal ill-formed part (Unicode 15, section 3.9, "U+FFFD substitution of maximal
// subparts") replaced by U+FFFD or dropped. Returns how many bytes were replaced or dropped.
std::size_t append_repaired(std::string_view text, InvalidUtf8 policy, std::string& out);

}  // namespace nearabout::parse
