// The default efforts of searches for few neighbours among all rows: each follows from the calibration, which does not
// change, and is settled once.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace nearabout::index {

// Any number of threads may ask; two of them may settle the same effort, which is the same.
class SettledEfforts {
 public:
  // Returns the effort of a search for k neighbours; nullopt: it compares every row. `settle` returns the same.
  template <class Settle>
  std::optional<std::size_t> of(std::size_t k, Settle settle) {
    if (k >= settled_.size()) return settle();
    const std::uint64_t known = settled_[k].load(std::memory_order_relaxed);
    if (known == kEvery) return {};
    if (known != kUnsettled) return static_cast<std::size_t>(known) - kFirst;
    const std::optional<std::size_t> effort = settle();
    settled_[k].store(effort ? std::uint64_t{*effort} + kFirst : kEvery, std::memory_order_relaxed);
    return effort;
  }

 private:
  static constexpr std::size_t kSettled = 128;  // numbers of neighbours
  static constexpr std::uint64_t kUnsettled = 0, kEvery = 1, kFirst = 2;
  std::array<std::atomic<std::uint64_t>, kSettled> settled_{};
};

}  // namespace nearabout::index
