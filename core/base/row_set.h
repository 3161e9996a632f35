// The set of rows that a query has visited: small, and cleared after each query. Open addressing; clear() visits only
// the inserted rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearabout {

class RowSet {
 public:
  // Inserts a row; returns true if it was not in the set. Rows are below 2^32 - 1.
  bool insert(std::uint32_t row) {
    if (2 * (rows_.size() + 1) > slots_.size()) grow();
    if (!place(row)) return false;
    rows_.push_back(row);
    return true;
  }

  void clear() {
    if (rows_.size() * 8 > slots_.size()) {
      slots_.assign(slots_.size(), kFree);
    } else {  // order does not matter: all rows are erased, so no probe sequence is broken
      for (const std::uint32_t row : rows_) erase(row);
    }
    rows_.clear();
  }

 private:
  static constexpr std::uint32_t kFree = 0xFFFF'FFFFu;

  std::size_t first_slot(std::uint32_t row) const { return (row * 0x9E37'79B1u >> 7) & (slots_.size() - 1); }

  bool place(std::uint32_t row) {
    std::size_t slot = first_slot(row);
    for (; slots_[slot] != kFree; slot = (slot + 1) & (slots_.size() - 1))
      if (slots_[slot] == row) return false;
    slots_[slot] = row;
    return true;
  }

  // Erases a row together with every row that probed past it: empties its whole run of slots.
  void erase(std::uint32_t row) {
    for (std::size_t slot = first_slot(row); slots_[slot] != kFree; slot = (slot + 1) & (slots_.size() - 1))
      slots_[slot] = kFree;
  }

  void grow() {
    slots_.assign(slots_.empty() ? 256 : 2 * slots_.size(), kFree);
    for (const std::uint32_t row : rows_) place(row);
  }

  std::vector<std::uint32_t> slots_;
  std::vector<std::uint32_t> rows_;
};

}  // namespace nearabout
