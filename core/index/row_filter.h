// The rows that results may contain: one bit per row.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace nearabout::index {

class RowFilter {
 public:
  // Allows no row of a table of so many.
  explicit RowFilter(std::size_t rows) : rows_(rows), words_((rows + 63) / 64, 0) {}
  // Allows row i where values[i] is not zero.
  explicit RowFilter(std::span<const std::uint8_t> values);

  void allow(std::size_t row) { words_[row / 64] |= bit(row); }
  void exclude(std::size_t row) { words_[row / 64] &= ~bit(row); }
  // Allows the other rows instead.
  void invert();
  // Keeps the rows that another filter of as many rows allows, too.
  void intersect(const RowFilter& other);

  bool allows(std::size_t row) const { return (words_[row / 64] & bit(row)) != 0; }
  std::size_t rows() const { return rows_; }
  std::size_t count() const;  // of allowed rows
  // Returns the allowed rows, in order.
  std::vector<std::uint32_t> allowed() const;

 private:
  static std::uint64_t bit(std::size_t row) { return std::uint64_t{1} << (row % 64); }

  std::size_t rows_;
  std::vector<std::uint64_t> words_;
};

}  // namespace nearabout::index
