// Verifies rows of a section that are read in ascending order: one look per block of the file, not per row.
#pragma once

#include <cstdint>

#include "storage/section.h"

namespace nearabout::exact {

class AscendingCheck {
 public:
  // `bytes` is the size of a row, and `begin` where the first one begins.
  AscendingCheck(const storage::Section& section, std::uint64_t bytes, std::uint64_t begin = 0)
      : section_(section), bytes_(bytes), begin_(begin) {}

  // Returns the row, which is not before that of the last call. Throws CorruptFileError.
  const std::byte* row(std::uint64_t number) {
    const std::uint64_t begin = begin_ + number * bytes_;
    const std::uint64_t end = begin + bytes_;
    if (end > verified_ || begin < block_) {
      data_ = section_.checked(begin, end) - begin;
      block_ = begin / storage::kBlockBytes * storage::kBlockBytes;
      verified_ = (end - 1) / storage::kBlockBytes * storage::kBlockBytes + storage::kBlockBytes;
    }
    return data_ + begin;
  }

 private:
  const storage::Section& section_;
  std::uint64_t bytes_, begin_;
  std::uint64_t block_ = 0, verified_ = 0;  // bytes verified
  const std::byte* data_ = nullptr;
};

}  // namespace nearabout::exact
