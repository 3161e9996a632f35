// Lines of a word and its numbers, as in word2vec's text format and GloVe's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace nearabout::parse {

// Rows of float32, one after another, and their keys as in a KeyTable: key i is the bytes offsets[i] .. offsets[i + 1]
// of the blob, which the caller has validated.
struct KeyedRows {
  const char* blob;
  const std::uint64_t* offsets;  // rows + 1
  const float* vectors;
  std::size_t rows;
  std::size_t dims;
};

// Writes each row as its key, its numbers (write_number) with one space before each, and a line feed. The caller must
// know which keys a line can begin with.
std::string lines_of(const KeyedRows& rows);

}  // namespace nearabout::parse
