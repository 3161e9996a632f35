// The rows whose codes differ least from a query's: exactly those with the fewest differing bits, ties by row, found by
// counting how many rows there are at each number of bits. There are few such numbers, so a count of each is enough to
// know how near a row must be, and no row is ever moved or compared with another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nearabout::lsh {

// The rows that a query is compared with: the half that looks nearer, and the other one, each in the order of rows.
struct FoundRows {
  std::span<const std::uint32_t> nearer, farther;

  std::size_t size() const { return nearer.size() + farther.size(); }
};

class NearestCodes {
 public:
  // Begins anew for the nearest `wanted` of rows with codes of `bits` bits. `absent` are rows, in order, that are left
  // out; they must outlive this.
  void start(std::size_t bits, std::size_t wanted, std::span<const std::uint32_t> absent = {});

  // Returns true if no further row can be among them.
  bool is_settled() const { return kept_ >= wanted_ && limit_ == 0; }
  // Returns the number of bits up to which a row that follows may be among them: fewer than those of the last one,
  // which would win a tie.
  std::uint32_t most() const { return static_cast<std::uint32_t>(kept_ >= wanted_ ? limit_ - 1 : limit_); }
  // Adds rows that follow those added before: (number of bits) * 2^32 + number, where `first` is added to numbers.
  void add(std::span<const std::uint64_t> hits, std::size_t first);
  // Returns the nearest rows, at most `wanted`.
  FoundRows rows();

 private:
  void prune();

  std::size_t wanted_ = 0;
  std::size_t limit_ = 0;  // bits; rows with more are not among the nearest
  std::size_t kept_ = 0;   // rows with at most `limit_` bits
  std::span<const std::uint32_t> absent_;
  std::vector<std::size_t> counts_;
  std::vector<std::uint64_t> hits_;
  std::vector<std::uint32_t> rows_;
};

}  // namespace nearabout::lsh
