// The rows that results may contain: one bit per row.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout::index {

class RowFilter {
 public:
  // Allows no row of a table of so many.
  explicit RowFilter(std::size_t rows) : rows_(rows), words_((rows + 63) / 64, 0) {}

  void allow(std::size_t row) { words_[row / 64] |= bit(row); }
  void exclude(std::size_t row) { words_[row / 64] &= ~bit(row); }
  bool allows(std::size_t row) const { return (words_[row / 64] & bit(row)) != 0; }

  std::size_t rows() const { return rows_; }
  // Returns the allowed rows, in order.
  std::vector<std::uint32_t> allowed() const {
    std::vector<std::uint32_t> allowed;
    for (std::size_t i = 0; i < words_.size(); ++i)
      for (std::uint64_t left = words_[i]; left != 0; left &= left - 1)
        allowed.push_back(static_cast<std::uint32_t>(64 * i + static_cast<std::size_t>(std::countr_zero(left))));
    return allowed;
  }

 private:
  static std::uint64_t bit(std::size_t row) { return std::uint64_t{1} << (row % 64); }

  std::size_t rows_;
  std::vector<std::uint64_t> words_;
};

}  // namespace nearabout::index
