// Keys as they come from a file: packed one after another, each only once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace nearabout::text {

// Key i is the bytes offsets[i] .. offsets[i + 1] of the blob. About 4 bytes a key are spent on finding duplicates, and
// no string object is ever made: three million words cost what their bytes cost.
class KeyTable {
 public:
  // False where the key is there already: nothing is changed then. Throws InvalidInput past 2^32 - 2 keys.
  bool insert(std::string_view key);

  std::size_t size() const { return offsets_.size() - 1; }
  std::string_view operator[](std::size_t row) const {
    return {blob_.data() + offsets_[row], static_cast<std::size_t>(offsets_[row + 1] - offsets_[row])};
  }

  std::vector<char> take_blob() { return std::move(blob_); }
  std::vector<std::uint64_t> take_offsets() { return std::move(offsets_); }

 private:
  void grow();

  std::vector<char> blob_;
  std::vector<std::uint64_t> offsets_{0};
  std::vector<std::uint32_t> slots_;  // row + 1, or 0: free. Open addressing, a power of two, at most two thirds full
};

}  // namespace nearabout::text
