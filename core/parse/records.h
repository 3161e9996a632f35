// Parser for the records of word2vec's binary format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parse/collector.h"

namespace nearabout::parse {

// Parses the bytes after the header line, fed in pieces of any size. A record is a key, one space, and `dims`
// little-endian float32; line feeds before the key are skipped (word2vec.c writes one after every record, gensim none).
// So a key can contain any byte except a space, and cannot begin with a line feed. Only line feeds may follow the
// announced number of records.
class RecordParser {
 public:
  RecordParser(const CollectOptions& options, std::uint64_t first_byte) : collector_(options), byte_(first_byte) {}

  std::optional<Problem> feed(std::string_view piece);
  std::optional<Problem> finish();

  Collector& collected() { return collector_; }
  std::uint64_t place() const { return byte_; }                // offset of the record to be read next
  std::size_t waiting_bytes() const { return carry_.size(); }  // bytes of an incomplete record

 private:
  // Removes whole records from the front of `bytes`.
  std::optional<Problem> take_records(std::string_view& bytes);
  std::optional<Problem> complete_carry(std::string_view& piece);

  Collector collector_;
  std::string carry_;           // an incomplete record
  bool carry_has_key_ = false;  // the space after its key has been found, so that it is not searched for again
  std::uint64_t byte_;
};

}  // namespace nearabout::parse
