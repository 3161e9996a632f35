#include "parse/lines.h"

#include <cstring>
#include <utility>
#include <vector>

#include "parse/number.h"

namespace nearabout::parse {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view without_line_end(std::string_view line) {
  while (!line.empty() && (is_blank(line.back()) || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

// Removes the last field, and the blanks before it, from `line`.
std::string_view take_last_field(std::string_view& line) {
  std::size_t begin = line.size();
  while (begin != 0 && !is_blank(line[begin - 1])) --begin;
  const std::string_view field = line.substr(begin);
  line = line.substr(0, begin);
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  return field;
}

bool is_whole_number(std::string_view field, float& value) {
  const char* const end = field.data() + field.size();
  return !field.empty() && read_number(field.data(), end, value) == end;
}

// Returns how many numbers end a line, at most all fields except the first.
std::uint64_t trailing_numbers(std::string_view line) {
  std::uint64_t count = 0;
  float ignored;
  while (!line.empty() && is_whole_number(take_last_field(line), ignored) && !line.empty()) ++count;
  return count;
}

// Returns true for a key like "word 0.25": a fraction after its first word.
bool ends_in_fraction(std::string_view key) {
  const std::string_view last = take_last_field(key);
  float ignored;
  return !key.empty() && last.find('.') != std::string_view::npos && is_whole_number(last, ignored);
}

}  // namespace

std::optional<Problem> LineParser::feed(std::string_view piece) {
  if (!carry_.empty()) {
    const std::size_t end = piece.find('\n');
    carry_.append(piece.substr(0, end));
    if (end == std::string_view::npos) return std::nullopt;
    piece.remove_prefix(end + 1);
    if (auto problem = parse_line(carry_)) return problem;
    carry_.clear();
  }
  while (!piece.empty()) {
    const void* const found = std::memchr(piece.data(), '\n', piece.size());
    if (found == nullptr) break;
    const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - piece.data());
    if (auto problem = parse_line(piece.substr(0, length))) return problem;
    piece.remove_prefix(length + 1);
  }
  carry_.assign(piece);
  return std::nullopt;
}

std::optional<Problem> LineParser::finish() {
  if (carry_.empty()) return std::nullopt;
  auto problem = parse_line(carry_);
  carry_.clear();
  return problem;
}

// Handles the common case, a key of one word; fails on everything else.
bool LineParser::parse_forward(std::string_view line, std::string_view& key, float* row) const {
  const char* p = line.data();
  const char* const end = p + line.size();
  while (p != end && !is_blank(*p)) ++p;
  key = line.substr(0, static_cast<std::size_t>(p - line.data()));
  for (std::size_t dim = 0; dim < collector_.dims(); ++dim) {
    if (p == end || !is_blank(*p)) return false;
    do ++p;
    while (p != end && is_blank(*p));
    p = read_number(p, end, row[dim]);
    if (p == nullptr) return false;
  }
  return p == end;
}

std::optional<Problem> LineParser::parse_line(std::string_view line) {
  line = without_line_end(line);
  if (line.empty()) {
    ++line_;
    ++collector_.counts.blank_lines;
    return std::nullopt;
  }
  if (collector_.full()) return Problem{Problem::Kind::more_rows, line_};
  std::string_view key;
  auto problem = parse_forward(line, key, collector_.next_row()) ? collector_.keep(key, line_) : parse_from_right(line);
  problem = collector_.skip_or_return(std::move(problem));
  if (!problem) ++line_;
  return problem;
}

// Handles a key with spaces, or a line that cannot be read: slower, and precise about what is wrong.
std::optional<Problem> LineParser::parse_from_right(std::string_view line) {
  std::string_view key = line;
  float* const row = collector_.next_row();
  for (std::size_t dim = collector_.dims(); dim-- > 0;) {
    const std::string_view field = take_last_field(key);
    const bool first_field = field.data() == line.data();  // this is the key itself: numbers are missing
    if (first_field) return Problem{Problem::Kind::too_few_numbers, line_, trailing_numbers(line)};
    if (!is_whole_number(field, row[dim])) {
      return Problem{Problem::Kind::not_a_number, line_, dim, std::string(field)};
    }
  }
  if (!fractions_in_keys_ && ends_in_fraction(key)) {
    return Problem{Problem::Kind::too_many_numbers, line_, trailing_numbers(line)};
  }
  return collector_.keep(key, line_);
}

}  // namespace nearabout::parse
