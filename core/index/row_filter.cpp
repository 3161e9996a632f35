#include "index/row_filter.h"

#include <algorithm>

namespace nearabout::index {

// Eight values become eight bits by a multiplication that moves value i, which is 1 at bit 8 i, to bit 56 + i.
RowFilter::RowFilter(std::span<const std::uint8_t> values) : RowFilter(values.size()) {
  constexpr std::uint64_t kGather = 0x0102'0408'1020'4080;
  constexpr std::size_t kTogether = 8;
  for (std::size_t row = 0; row < rows_; row += kTogether) {
    std::uint64_t eight = 0;
    if (std::endian::native == std::endian::little)
      std::memcpy(&eight, values.data() + row, std::min(kTogether, rows_ - row));
    else
      for (std::size_t i = 0; i < std::min(kTogether, rows_ - row); ++i)
        eight |= std::uint64_t{values[row + i]} << 8 * i;
    words_[row / 64] |= (eight * kGather >> 56) << row % 64;
  }
}

void RowFilter::invert() {
  for (std::uint64_t& word : words_) word = ~word;
  if (rows_ % 64 != 0) words_.back() &= bit(rows_) - 1;
}

void RowFilter::intersect(const RowFilter& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
}

std::size_t RowFilter::count() const {
  std::size_t count = 0;
  for (const std::uint64_t word : words_) count += static_cast<std::size_t>(std::popcount(word));
  return count;
}

std::vector<std::uint32_t> RowFilter::allowed() const {
  std::vector<std::uint32_t> allowed;
  allowed.reserve(count());
  for (std::size_t i = 0; i < words_.size(); ++i)
    for (std::uint64_t left = words_[i]; left != 0; left &= left - 1)
      allowed.push_back(static_cast<std::uint32_t>(64 * i + static_cast<std::size_t>(std::countr_zero(left))));
  return allowed;
}

}  // namespace nearabout::index
