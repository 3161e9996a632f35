// The arithmetic of the key map's hash table, shared by its builder and its reader.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/xxh64.h"

namespace nearabout::storage::table {

inline constexpr std::uint64_t kGroup = 8;
inline constexpr std::uint64_t kSeed = 0x6E656172'6B657973;  // "nearkeys"; part of the file format
inline constexpr std::uint64_t kLowBits = 0x0101010101010101;
inline constexpr std::uint64_t kHighBits = 0x8080808080808080;

inline std::uint64_t hash_bytes(const void* data, std::size_t size) { return xxh64(data, size, kSeed); }
inline std::uint64_t hash_number(std::int64_t number) { return xxh64(&number, sizeof number, kSeed); }

// Returns the number of groups for n keys: 6.4 keys per group of 8 slots, a load of 0.8. With a million words, looking
// up a missing word took 45, 62, 80 and 125 ns at loads of 0.7, 0.8, 0.875 and 0.9; looking up a word that is present
// took the same time at all of them.
constexpr std::uint64_t groups_for(std::uint64_t keys) { return (keys * 5 + 31) / 32; }

// The upper half of the hash selects the group (as a fraction of all groups, so that their number can be anything), its
// lowest seven bits are the tag. Tag zero means an empty slot.
constexpr std::uint64_t first_group(std::uint64_t hash, std::uint64_t groups) { return (hash >> 32) * groups >> 32; }
constexpr std::uint8_t tag_of(std::uint64_t hash) { return static_cast<std::uint8_t>(0x80 | (hash & 0x7f)); }

// Returns eight tags as one number, the first in the lowest byte.
inline std::uint64_t load_tags(const void* from) {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// Returns the high bit of each byte that equals `tag`. A byte equal to tag ^ 1 may be flagged too (the borrow of the
// subtraction carries over from a match below it): the key is compared anyway, and an empty slot, whose tag differs in
// bit 7, is never flagged.
constexpr std::uint64_t matches(std::uint64_t tags, std::uint8_t tag) {
  const std::uint64_t difference = tags ^ (kLowBits * tag);
  return (difference - kLowBits) & ~difference & kHighBits;
}
constexpr std::uint64_t empties(std::uint64_t tags) { return ~tags & kHighBits; }
constexpr unsigned lowest(std::uint64_t hits) { return static_cast<unsigned>(std::countr_zero(hits)) / 8; }

}  // namespace nearabout::storage::table
