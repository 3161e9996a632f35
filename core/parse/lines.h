// Parser for lines of a word and its numbers: word2vec's text format, GloVe's and fastText's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parse/collector.h"

namespace nearabout::parse {

// Parses a text fed in pieces of any size, as they come from a file or a decompressor.
//
// A line is a key and `dims` numbers, separated by runs of spaces and tabs; it ends with a line feed, possibly after a
// carriage return, or with the text. The key is everything before the last `dims` fields, so it may contain spaces. A
// key of several words whose last is a decimal fraction is rejected as a row with too many numbers, unless
// `fractions_in_keys` is set. With `skip_bad`, lines that cannot be read are skipped and counted. Blank lines are
// skipped and counted. The caller must remove the header, if there is one.
class LineParser {
 public:
  LineParser(const CollectOptions& options, std::uint64_t first_line, bool fractions_in_keys)
      : collector_(options), line_(first_line), fractions_in_keys_(fractions_in_keys) {}

  // Parses a piece. The parser must not be used after a Problem.
  std::optional<Problem> feed(std::string_view piece);
  std::optional<Problem> finish();  // handles a last line without line feed

  Collector& collected() { return collector_; }
  std::uint64_t place() const { return line_; }                // number of the line to be read next
  std::size_t waiting_bytes() const { return carry_.size(); }  // bytes of an incomplete line

 private:
  std::optional<Problem> parse_line(std::string_view line);
  std::optional<Problem> parse_from_right(std::string_view line);
  bool parse_forward(std::string_view line, std::string_view& key, float* row) const;

  Collector collector_;
  std::string carry_;  // an incomplete line
  std::uint64_t line_;
  bool fractions_in_keys_;
};

}  // namespace nearabout::parse
