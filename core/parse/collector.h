// The rows and problems that both parsers collect.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parse/key_table.h"
#include "parse/row_buffer.h"
#include "parse/utf8.h"

namespace nearabout::parse {

// The first problem in the input. A value instead of an exception, because the caller, who knows the file's name,
// writes the message.
struct Problem {
  enum class Kind : std::uint8_t {
    too_few_numbers,   // found: how many numbers there are
    too_many_numbers,  // found: how many numbers there are
    not_a_number,      // token: the field
    not_utf8,          // token: the key's bytes; found: the position of the invalid byte in it
    more_rows,         // data goes on after the announced number of rows
    truncated,         // the data ends inside a row
  };
  Kind kind;
  std::uint64_t place;  // the line number, or the offset of the byte where the record begins
  std::uint64_t found = 0;
  std::string token{};
};

struct Counts {
  std::uint64_t rows_read = 0;  // including duplicates
  std::uint64_t skipped = 0;    // rows that cannot be read
  std::uint64_t duplicates = 0;
  std::uint64_t bytes_repaired = 0;
  std::uint64_t blank_lines = 0;
};

struct CollectOptions {
  std::size_t dims;                             // 1 or more
  std::optional<std::uint64_t> announced_rows;  // more rows than that are a Problem
  std::size_t reserved_rows = 0;                // rows to reserve at once: at most as many as the data can hold
  InvalidUtf8 invalid_utf8 = InvalidUtf8::strict;
  bool skip_bad = false;  // skip rows that cannot be read
};

class Collector {
 public:
  explicit Collector(const CollectOptions& options) : options_(options), rows_(options.dims, options.reserved_rows) {}

  bool full() const { return options_.announced_rows && counts.rows_read + counts.skipped >= *options_.announced_rows; }
  float* next_row() { return rows_.next(); }

  // Keeps the row last filled under this key; if a key occurs more than once, only its first row is kept.
  std::optional<Problem> keep(std::string_view key, std::uint64_t place) {
    const std::size_t valid = valid_utf8_prefix(key);
    if (valid != key.size()) {
      if (options_.invalid_utf8 == InvalidUtf8::strict) {
        return Problem{Problem::Kind::not_utf8, place, valid, std::string(key)};
      }
      repaired_.clear();
      counts.bytes_repaired += append_repaired(key, options_.invalid_utf8, repaired_);
      key = repaired_;
    }
    ++counts.rows_read;
    if (keys.insert(key)) {
      rows_.commit();
    } else {
      ++counts.duplicates;
    }
    return std::nullopt;
  }

  // Skips a row and counts it if `skip_bad` is set; otherwise returns the problem.
  std::optional<Problem> skip_or_return(std::optional<Problem> problem) {
    if (!options_.skip_bad || !problem) return problem;
    ++counts.skipped;
    if (first_skipped.size() < kShown) first_skipped.push_back(std::move(*problem));
    return std::nullopt;
  }

  std::size_t dims() const { return options_.dims; }
  // Returns the number of rows kept and not yet taken. Taking them from time to time bounds memory; the keys stay, so
  // that duplicates are still recognised.
  std::size_t rows() const { return rows_.rows(); }
  FloatMemory take_rows() { return rows_.take(); }

  KeyTable keys;
  Counts counts;
  std::vector<Problem> first_skipped;

 private:
  static constexpr std::size_t kShown = 3;  // number of skipped rows to report in detail

  CollectOptions options_;
  RowBuffer rows_;
  std::string repaired_;
};

}  // namespace nearabout::parse
