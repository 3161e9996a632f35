#include "parse/line_writer.h"

#include <cstring>

#include "parse/number.h"

namespace nearabout::parse {

// Checks for room once per row instead of once per number: the text is made as large as a row could need, and truncated
// afterwards.
std::string lines_of(const KeyedRows& rows) {
  std::string text;
  std::size_t used = 0;
  for (std::size_t row = 0; row < rows.rows; ++row) {
    const auto key_size = static_cast<std::size_t>(rows.offsets[row + 1] - rows.offsets[row]);
    const std::size_t most = used + key_size + rows.dims * (kMaxNumberChars + 1) + 1;
    if (text.size() < most) text.resize(most + most / 2);
    char* out = text.data() + used;
    if (key_size != 0) std::memcpy(out, rows.blob + rows.offsets[row], key_size);
    out += key_size;
    const float* const numbers = rows.vectors + row * rows.dims;
    for (std::size_t dim = 0; dim < rows.dims; ++dim) {
      *out++ = ' ';
      out = write_number(out, numbers[dim]);
    }
    *out++ = '\n';
    used = static_cast<std::size_t>(out - text.data());
  }
  text.resize(used);
  return text;
}

}  // namespace nearabout::parse
