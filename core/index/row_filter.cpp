#include "index/row_filter.h"

namespace nearabout::index {

RowFilter::RowFilter(std::span<const std::uint8_t> values) : RowFilter(values.size()) {
  std::size_t row = 0;
  for (std::uint64_t& word : words_)
    for (std::size_t place = 0; place < 64 && row < rows_; ++place, ++row)
      word |= std::uint64_t{values[row] != 0} << place;
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
