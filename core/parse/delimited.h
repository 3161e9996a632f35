// One line of a table: delimited fields, all numbers except possibly one, the key.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace nearabout::parse {

struct DelimitedLayout {
  char delimiter;                         // neither a quote nor a line end
  std::size_t dims;                       // numbers per line
  std::optional<std::size_t> key_column;  // its position among all fields, from 0
};

// Reads a line, without its line end, into `row` (dims numbers) and `key` (emptied if there is no key column). Returns
// false for any other line: another number of fields, a number that read_number does not consume whole, or quotes that
// do not follow RFC 4180. Spaces around a number are skipped, those around a key belong to it. The key's bytes are not
// checked for UTF-8.
//
// This is the fast path for plain lines. A caller that gets false has a slower and more lenient reader, which also
// reports what is wrong, so a line is accepted here only if both read it the same way.
bool read_delimited(std::string_view line, const DelimitedLayout& layout, float* row, std::string& key);

}  // namespace nearabout::parse
