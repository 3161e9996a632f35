// Lines of a word and its numbers: word2vec's text format, GloVe's and fastText's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parse/collector.h"

namespace nearabout::parse {

// Takes a text in pieces of any size, as they come from a file or a decompressor.
//
// A line is a key and `dims` numbers, separated by runs of spaces and tabs; it ends with a line feed, perhaps after a
// carriage return, or with the text. The key is all that stands before the last `dims` fields, so it may hold spaces.
// A key of several words whose last is a decimal fraction is taken as a row with too many numbers, unless
// `fractions_in_keys`. With `skip_bad` a line that cannot be read is left out and counted. Blank lines are passed over
// and counted. The header, if there is one, is the caller's to remove.
class LineParser {
 public:
  LineParser(const CollectOptions& options, std::uint64_t first_line, bool fractions_in_keys)
      : collector_(options), line_(first_line), fractions_in_keys_(fractions_in_keys) {}

  // After a Problem the parser is of no more use.
  std::optional<Problem> feed(std::string_view piece);
  std::optional<Problem> finish();  // the last line may lack its line feed

  Collector& collected() { return collector_; }
  std::uint64_t place() const { return line_; }                // the line that is read next
  std::size_t waiting_bytes() const { return carry_.size(); }  // of a line whose end has not come yet

 private:
  std::optional<Problem> parse_line(std::string_view line);
  std::optional<Problem> parse_from_right(std::string_view line);
  bool parse_forward(std::string_view line, std::string_view& key, float* row) const;

  Collector collector_;
  std::string carry_;  // a line that has begun
  std::uint64_t line_;
  bool fractions_in_keys_;
};

}  // namespace nearabout::parse
