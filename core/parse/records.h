// The records of word2vec's binary format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parse/collector.h"

namespace nearabout::parse {

// Takes the bytes after the header line, in pieces of any size. A record is a key, one space, and `dims` little-endian
// float32; line feeds before the key are passed over (word2vec.c writes one after every record, gensim none). So a key
// can hold any byte but a space, and cannot begin with a line feed. After the announced records only line feeds may
// follow.
class RecordParser {
 public:
  RecordParser(const CollectOptions& options, std::uint64_t first_byte) : collector_(options), byte_(first_byte) {}

  std::optional<Problem> feed(std::string_view piece);
  std::optional<Problem> finish();

  Collector& collected() { return collector_; }
  std::uint64_t place() const { return byte_; }                // where the record begins that is read next
  std::size_t waiting_bytes() const { return carry_.size(); }  // of a record whose end has not come yet

 private:
  // Takes whole records off the front of `bytes`.
  std::optional<Problem> take_records(std::string_view& bytes);
  std::optional<Problem> complete_carry(std::string_view& piece);

  Collector collector_;
  std::string carry_;           // a record that has begun
  bool carry_has_key_ = false;  // and the space after its key has been seen: it is not looked for twice
  std::uint64_t byte_;
};

}  // namespace nearabout::parse
