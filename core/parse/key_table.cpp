#include "parse/key_table.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace nearabout::parse {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::size_t kMaxKeys = std::numeric_limits<std::uint32_t>::max() - 1;

// Hashes by multiplying and folding, eight bytes at a time. The hash is only used in memory, so it may change freely
// (and differ with byte order).
std::uint64_t hash_of(std::string_view key) {
  constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = key.size() * kMultiplier;
  while (!key.empty()) {
    std::uint64_t word = 0;
    const std::size_t taken = std::min(key.size(), sizeof word);
    std::memcpy(&word, key.data(), taken);
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 32;
    key.remove_prefix(taken);
  }
  return (hash * kMultiplier) >> 16;
}

}  // namespace

bool KeyTable::insert(std::string_view key) {
  if ((size() + 1) * 3 > slots_.size() * 2) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(hash_of(key)) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if ((*this)[slots_[slot] - 1] == key) return false;
  }
  if (size() >= kMaxKeys)
    throw InvalidInputError("the file has more than 4,294,967,294 keys; split it into several files");
  blob_.insert(blob_.end(), key.begin(), key.end());
  offsets_.push_back(blob_.size());
  slots_[slot] = static_cast<std::uint32_t>(size());
  return true;
}

void KeyTable::grow() {
  std::vector<std::uint32_t> slots(std::max(kFirstSlots, slots_.size() * 2));
  const std::size_t mask = slots.size() - 1;
  for (std::size_t row = 0; row < size(); ++row) {
    std::size_t slot = static_cast<std::size_t>(hash_of((*this)[row])) & mask;
    while (slots[slot] != 0) slot = (slot + 1) & mask;
    slots[slot] = static_cast<std::uint32_t>(row + 1);
  }
  slots_.swap(slots);
}

}  // namespace nearabout::parse
