// A map from keys to rows and back, looked up in the mapped bytes: opening it loads nothing.
//
// An open-addressing hash table. Slots form groups of eight; one byte per slot (its tag: an occupied bit and seven bits
// of the hash) nearly always identifies the slot to follow, and the eight tags of a group are compared in one 64-bit
// word. This is the idea of Abseil's and Folly's tables (M. Kulukundis, CppCon 2017), with plain integer arithmetic
// instead of SIMD and a number of groups that need not be a power of two, so that the load is always near 0.8. Apart
// from the bytes of the user's own keys, a map takes about 10 bytes per string key (1.25 for tags, 5 for slots, 4 for
// offsets) and 6.25 bytes per integer key.
//
// The hash is XXH64 with a fixed seed: whoever chooses the keys can make them collide, and a look-up then costs up to
// one pass over the table, never more. An index is immutable and its keys come from whoever builds it, so a secret seed
// would protect nobody.
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

// Builds the key sections of a file. The keys, one per row, are not copied: they must outlive the builder.
class KeyMapBuilder {
 public:
  // Makes a builder of string keys: key i is blob[offsets[i], offsets[i + 1]), so offsets has one more number than
  // there are keys. Throws InvalidInputError, naming both rows, for the first key that occurs twice.
  static KeyMapBuilder strings(std::span<const std::byte> blob, std::span<const std::uint64_t> offsets);
  static KeyMapBuilder integers(std::span<const std::int64_t> numbers);

  // Adds the key sections to a file. May be called for several writers.
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
  // Opens the map in constant time. For a file without keys, kind() is none and size() is 0: rows are their own keys.
  explicit KeyMap(std::shared_ptr<const File> file);

  KeyKind kind() const { return kind_; }
  std::size_t size() const { return size_; }

  // Returns the row of a key, or nullopt if there is no such key or the keys are of the other kind.
  std::optional<std::uint32_t> row_of(std::string_view key) const;
  std::optional<std::uint32_t> row_of(std::int64_t key) const;

  // Returns the key of a row below size(); the bytes of a string live as long as the file. Throws InvalidInputError for
  // any other row, or if keys are of the other kind.
  std::string_view string_key(std::size_t row) const;
  std::int64_t integer_key(std::size_t row) const;

  // Calls visit(row, key) for all string keys in order of rows.
  template <class Visit>
  void each_string(Visit visit) const {
    for (std::size_t row = 0; kind_ == KeyKind::strings && row < size_; ++row) visit(row, string_key(row));
  }

  // Looks up every key, and throws CorruptFileError if the result is not its own row. File::verify() compares
  // checksums; this finds errors made by a faulty writer.
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
