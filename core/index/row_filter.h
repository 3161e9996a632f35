// The rows that results may contain: one bit per row.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace nearabout::index {

class RowFilter {
 public:
  // Allows no row of a table of so many.
  explicit RowFilter(std::size_t rows) : rows_(rows), words_((rows + 63) / 64, 0) {}
  // Allows row i where values[i] is 1, not 0.
  explicit RowFilter(std::span<const std::uint8_t> values);

  void allow(std::size_t row) { words_[row / 64] |= bit(row); }
  void exclude(std::size_t row) { words_[row / 64] &= ~bit(row); }
  // Allows the other rows instead.
  void invert();
  // Keeps the rows that another filter of as many rows allows, too.
  void intersect(const RowFilter& other);

  bool allows(std::size_t row) const { return (words_[row / 64] & bit(row)) != 0; }
  // Returns one bit for each of up to 64 rows, the first one lowest. `rows` are `step` numbers apart. Calls `bad`,
  // which throws, with a row that does not exist.
  template <class Bad>
  std::uint64_t bits_of(const std::uint32_t* rows, std::size_t count, std::size_t step, Bad bad) const {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t row = rows[i * step];
      if (row >= rows_) bad(row);
      bits |= (words_[row / 64] >> row % 64 & 1) << i;
    }
    return bits;
  }
  // Calls visit(i) for each i below `count` for which row first + i is not allowed.
  template <class Visit>
  void each_excluded(std::size_t first, std::size_t count, Visit visit) const {
    for (std::size_t word = first / 64; word < (first + count + 63) / 64; ++word)
      for (std::uint64_t left = ~words_[word]; left != 0; left &= left - 1) {
        const std::size_t row = 64 * word + static_cast<std::size_t>(std::countr_zero(left));
        if (row >= first && row < first + count) visit(row - first);
      }
  }
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
