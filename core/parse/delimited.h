// One line of a table: fields with a delimiter between them, all of them numbers but perhaps one, the key.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace nearabout::parse {

struct DelimitedLayout {
  char delimiter;                         // no quote and no line end
  std::size_t dims;                       // numbers in a line
  std::optional<std::size_t> key_column;  // its place among all fields, from 0
};

// Reads a line, without its line end, into `row` (dims numbers) and `key` (emptied where there is no key column). False
// where it is anything but such a line: another number of fields, a number that read_number does not take whole, quotes
// that are not those of RFC 4180. Spaces around a number are passed over, those of a key are its own. The key's bytes
// are as they come: whether they are UTF-8 is not looked at.
//
// This is the short way for the many plain lines. A caller that gets false has a slower and more lenient reader at
// hand, which also says what is the matter; so a line is taken here only where both mean the same.
bool read_delimited(std::string_view line, const DelimitedLayout& layout, float* row, std::string& key);

}  // namespace nearabout::parse
