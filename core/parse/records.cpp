#include "parse/records.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>

namespace nearabout::parse {
namespace {

void copy_little_endian(const char* bytes, std::size_t count, float* row) {
  std::memcpy(row, bytes, count * sizeof(float));
  if constexpr (std::endian::native == std::endian::big) {
    std::byte* const raw = std::as_writable_bytes(std::span(row, count)).data();
    for (std::size_t i = 0; i < count * sizeof(float); i += sizeof(float))
      std::reverse(raw + i, raw + i + sizeof(float));
  }
}

// Returns how many bytes are missing from a record whose key is complete.
std::size_t missing_bytes(std::string_view record, std::size_t vector_bytes) {
  const std::size_t size = record.find(' ') + 1 + vector_bytes;
  return size > record.size() ? size - record.size() : 0;
}

}  // namespace

std::optional<Problem> RecordParser::take_records(std::string_view& bytes) {
  const std::size_t vector_bytes = collector_.dims() * sizeof(float);
  while (!bytes.empty()) {
    const std::size_t begin = std::min(bytes.find_first_not_of('\n'), bytes.size());
    bytes.remove_prefix(begin);
    byte_ += begin;
    if (bytes.empty()) break;
    if (collector_.full()) return Problem{Problem::Kind::more_rows, byte_};
    const std::size_t key_end = bytes.find(' ');
    if (key_end == std::string_view::npos || bytes.size() - key_end - 1 < vector_bytes) break;
    copy_little_endian(bytes.data() + key_end + 1, collector_.dims(), collector_.next_row());
    auto problem = collector_.skip_or_return(collector_.keep(bytes.substr(0, key_end), byte_));
    if (problem) return problem;
    bytes.remove_prefix(key_end + 1 + vector_bytes);
    byte_ += key_end + 1 + vector_bytes;
  }
  return std::nullopt;
}

// Moves only the missing bytes of its record to the carry, so that all other records are read in place.
std::optional<Problem> RecordParser::complete_carry(std::string_view& piece) {
  const std::size_t vector_bytes = collector_.dims() * sizeof(float);
  if (!carry_has_key_) {
    const std::size_t key_end = piece.find(' ');
    const std::size_t taken = key_end == std::string_view::npos ? piece.size() : key_end + 1;
    carry_.append(piece.substr(0, taken));
    piece.remove_prefix(taken);
    if (key_end == std::string_view::npos) return std::nullopt;
    carry_has_key_ = true;
  }
  const std::size_t taken = std::min(missing_bytes(carry_, vector_bytes), piece.size());
  carry_.append(piece.substr(0, taken));
  piece.remove_prefix(taken);
  std::string_view whole = carry_;
  auto problem = take_records(whole);
  carry_.erase(0, carry_.size() - whole.size());
  return problem;
}

std::optional<Problem> RecordParser::feed(std::string_view piece) {
  while (!carry_.empty() && !piece.empty()) {
    if (auto problem = complete_carry(piece)) return problem;
  }
  if (auto problem = take_records(piece)) return problem;
  if (piece.empty()) return std::nullopt;
  carry_.assign(piece);
  carry_has_key_ = piece.find(' ') != std::string_view::npos;
  return std::nullopt;
}

std::optional<Problem> RecordParser::finish() {
  if (carry_.find_first_not_of('\n') == std::string::npos) return std::nullopt;
  return Problem{Problem::Kind::truncated, byte_, carry_.size()};
}

}  // namespace nearabout::parse
