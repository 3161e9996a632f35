// Random numbers that are the same on every platform: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
#pragma once

#include <cstdint>

namespace nearabout {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // Returns a number uniform in [-1, 1).
  double symmetric() { return static_cast<double>(static_cast<std::int64_t>(next())) * 0x1p-63; }

 private:
  std::uint64_t state_;
};

}  // namespace nearabout
