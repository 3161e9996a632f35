#include "parse/delimited.h"

#include <cstring>

#include "parse/number.h"

namespace nearabout::parse {
namespace {

std::size_t find(std::string_view text, char wanted) {
  if (text.empty()) return 0;
  const void* const found = std::memchr(text.data(), wanted, text.size());
  return found == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// Removes a quoted field from the front of `rest`, up to the delimiter; two quotes stand for one. Returns false if the
// quote is not closed, or if something follows it.
bool take_quoted(std::string_view& rest, char delimiter, std::string& field) {
  field.clear();
  for (rest.remove_prefix(1);; rest.remove_prefix(1)) {
    const std::size_t size = find(rest, '"');
    if (size == rest.size()) return false;
    field.append(rest.substr(0, size));
    rest.remove_prefix(size + 1);
    if (rest.empty() || rest.front() == delimiter) return true;
    if (rest.front() != '"') return false;
    field.push_back('"');
  }
}

bool read_whole_number(std::string_view field, float& value) {
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  while (!field.empty() && field.back() == ' ') field.remove_suffix(1);
  const char* const end = field.data() + field.size();
  return !field.empty() && read_number(field.data(), end, value) == end;
}

}  // namespace

bool read_delimited(std::string_view line, const DelimitedLayout& layout, float* row, std::string& key) {
  key.clear();
  std::string unquoted;
  std::size_t numbers = 0;
  for (std::size_t column = 0;; ++column) {
    std::string_view field;
    const bool quoted = !line.empty() && line.front() == '"';
    if (quoted) {
      if (!take_quoted(line, layout.delimiter, unquoted)) return false;
      field = unquoted;
    } else {
      field = line.substr(0, find(line, layout.delimiter));
      line.remove_prefix(field.size());
    }
    if (column == layout.key_column) {
      // A quote or a carriage return inside a field: readers disagree on what it means.
      if (!quoted && field.find_first_of("\"\r") != std::string_view::npos) return false;
      key.assign(field);
    } else {
      if (numbers == layout.dims || !read_whole_number(field, row[numbers])) return false;
      ++numbers;
    }
    if (line.empty()) return numbers == layout.dims && (!layout.key_column || column >= *layout.key_column);
    line.remove_prefix(1);  // the delimiter
  }
}

}  // namespace nearabout::parse
