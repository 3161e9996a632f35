// Distinct keys read from a file, packed one after another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace nearabout::parse {

// A set of keys: key i is the bytes offsets[i] .. offsets[i + 1] of the blob. Finding duplicates takes about 4 bytes
// per key, and no string object is ever created: three million words take no more memory than their bytes.
class KeyTable {
 public:
  // Inserts a key; returns false, and changes nothing, if it is already there. Throws InvalidInputError past 2^32 - 2
  // keys.
  bool insert(std::string_view key);

  std::size_t size() const { return offsets_.size() - 1; }
  std::string_view operator[](std::size_t row) const {
    return {blob_.data() + offsets_[row], static_cast<std::size_t>(offsets_[row + 1] - offsets_[row])};
  }

  struct Packed {
    std::vector<char> blob;
    std::vector<std::uint64_t> offsets;
  };
  // Moves the keys out and leaves the table empty.
  Packed take() {
    Packed packed{std::move(blob_), std::move(offsets_)};
    *this = KeyTable();
    return packed;
  }
  // Returns the approximate memory use of the table, in bytes.
  std::size_t bytes() const {
    return blob_.capacity() + offsets_.capacity() * sizeof(offsets_[0]) + slots_.capacity() * sizeof(slots_[0]);
  }

 private:
  void grow();

  std::vector<char> blob_;
  std::vector<std::uint64_t> offsets_{0};
  std::vector<std::uint32_t> slots_;  // row + 1, or 0: free. Open addressing, a power of two, at most two thirds full
};

}  // namespace nearabout::parse
