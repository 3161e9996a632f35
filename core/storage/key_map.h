// From keys to rows and back, looked up in the mapped bytes: nothing is loaded when it is opened.
//
// An open-addressing hash table. Slots come in groups of eight; a byte per slot (its tag: occupied, and seven bits of
// the hash) tells almost always which slot to follow, and the eight tags of a group are compared in one 64-bit word.
// This is the idea of Abseil's and Folly's tables (M. Kulukundis, CppCon 2017), with plain integer arithmetic instead
// of SIMD and a number of groups that need not be a power of two, so that the load is always near 0.8. With keys of the
// user's own bytes apart, a map takes about 10 bytes a string key (1.25 tags, 5 slots, 4 offsets) and 6.25 an integer
// key.
//
// The hash is XXH64 with a fixed seed: who chooses the keys can make them collide, and look-ups then cost up to a pass
// over the table, never more. An index is immutable and its keys are its maker's, so no secret seed is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/monitor.h"
#include "storage/file.h"
#include "storage/writer.h"

namespace nearabout::storage {

enum class KeyKind { none, strings, integers };

// Keys, row by row, on their way into a file. The keys are not copied: they must outlive the builder.
class KeyMapBuilder {
 public:
  // Key i is blob[offsets[i], offsets[i + 1]); offsets has one more number than there are keys. InvalidInputError names
  // the first key that came before, and both rows.
  static KeyMapBuilder strings(std::span<const std::byte> blob, std::span<const std::uint64_t> offsets);
  static KeyMapBuilder integers(std::span<const std::int64_t> numbers);

  // Adds the key sections. May be called for several writers.
  void write(Writer& writer) const;

 private:
  KeyMapBuilder() = default;
  template <class HashOf, class Same, class Name>
  void insert_all(std::size_t count, HashOf hash_of, Same same, Name name);

  KeyKind kind_ = KeyKind::none;
  std::span<const std::byte> blob_;
  std::span<const std::uint64_t> offsets_;
  std::span<const std::int64_t> numbers_;
  std::vector<std::uint8_t> tags_;
  std::vector<std::uint32_t> slots_;
};

class KeyMap {
 public:
  // Constant time. A file without keys gives kind() none and size() 0: rows are their own keys there.
  explicit KeyMap(std::shared_ptr<const File> file);

  KeyKind kind() const { return kind_; }
  std::size_t size() const { return size_; }

  // Nothing where there is no such key, or the keys are of the other kind.
  std::optional<std::uint32_t> row_of(std::string_view key) const;
  std::optional<std::uint32_t> row_of(std::int64_t key) const;

  // The key of a row below size(); a string's bytes live as long as the file. InvalidInputError for another row or
  // kind.
  std::string_view string_key(std::size_t row) const;
  std::int64_t integer_key(std::size_t row) const;

  // visit(row, key) for all string keys in order of rows.
  template <class Visit>
  void each_string(Visit visit) const {
    for (std::size_t row = 0; kind_ == KeyKind::strings && row < size_; ++row) visit(row, string_key(row));
  }

  // Looks every key up: CorruptFileError where the answer is not its own row. The file's verify() compares checksums;
  // this finds what a faulty writer did.
  void verify(const Monitor& monitor = {}) const;

 private:
  template <class Same>
  std::optional<std::uint32_t> find(std::uint64_t hash, Same same) const;
  std::uint64_t offset(std::uint64_t index) const;
  void open_strings();
  void open_integers();
  void open_table();

  std::shared_ptr<const File> file_;
  KeyKind kind_ = KeyKind::none;
  std::size_t size_ = 0;
  std::uint64_t groups_ = 0;
  bool wide_offsets_ = false;
  const Section* keys_ = nullptr;  // key_bytes or key_numbers
  const Section* offsets_ = nullptr;
  const Section* tags_ = nullptr;
  const Section* slots_ = nullptr;
};

}  // namespace nearabout::storage
