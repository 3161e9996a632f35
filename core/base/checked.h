// Overflow-checked arithmetic on numbers read from a file: returns the sum or product, or nullopt if it does not fit.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace nearabout {

constexpr std::optional<std::uint64_t> checked_add(std::uint64_t left, std::uint64_t right) {
  if (left > std::numeric_limits<std::uint64_t>::max() - right) return std::nullopt;
  return left + right;
}

constexpr std::optional<std::uint64_t> checked_multiply(std::uint64_t left, std::uint64_t right) {
  if (left != 0 && right > std::numeric_limits<std::uint64_t>::max() / left) return std::nullopt;
  return left * right;
}

// Returns the smallest multiple of `step` (a power of two) that is at least `value`, or nullopt if it does not fit.
constexpr std::optional<std::uint64_t> checked_round_up(std::uint64_t value, std::uint64_t step) {
  const auto raised = checked_add(value, step - 1);
  if (!raised) return std::nullopt;
  return *raised & ~(step - 1);
}

}  // namespace nearabout
