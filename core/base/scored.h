// A row and its score packed into one integer, so that one comparison sorts by score, then by row.
#pragma once

#include <bit>
#include <cstdint>

namespace nearabout {

class Scored {
 public:
  Scored() = default;
  Scored(float score, std::uint32_t row) : bits_(std::uint64_t{ordered(score)} << 32 | row) {}

  float score() const {
    const auto high = static_cast<std::uint32_t>(bits_ >> 32);
    return std::bit_cast<float>((high & kSign) != 0 ? high ^ kSign : ~high);
  }
  std::uint32_t row() const { return static_cast<std::uint32_t>(bits_); }

  friend auto operator<=>(const Scored&, const Scored&) = default;

 private:
  static constexpr std::uint32_t kSign = 0x8000'0000u;
  // Returns the bits of a float, transformed so that they compare like integers.
  static std::uint32_t ordered(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return (bits & kSign) != 0 ? ~bits : bits | kSign;
  }

  std::uint64_t bits_ = 0;
};

}  // namespace nearabout
