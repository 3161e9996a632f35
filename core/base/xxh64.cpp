#include "base/xxh64.h"

#include <bit>
#include <cstring>

namespace nearabout {
namespace {

constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87;
constexpr std::uint64_t kPrime2 = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t kPrime3 = 0x165667B19E3779F9;
constexpr std::uint64_t kPrime4 = 0x85EBCA77C2B2AE63;
constexpr std::uint64_t kPrime5 = 0x27D4EB2F165667C5;

// Reads a little-endian number, as the host stores them (storage/layout.h requires that).
template <class Word>
Word load(const unsigned char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

std::uint64_t mix(std::uint64_t lane, std::uint64_t input) { return std::rotl(lane + input * kPrime2, 31) * kPrime1; }

std::uint64_t merge(std::uint64_t hash, std::uint64_t lane) { return (hash ^ mix(0, lane)) * kPrime1 + kPrime4; }

// Advances four lanes of eight bytes each in parallel, so that the multiplications overlap.
std::uint64_t hash_stripes(const unsigned char*& next, std::size_t& left, std::uint64_t seed) {
  std::uint64_t lanes[4] = {seed + kPrime1 + kPrime2, seed + kPrime2, seed, seed - kPrime1};
  for (; left >= 32; next += 32, left -= 32)
    for (int lane = 0; lane < 4; ++lane) lanes[lane] = mix(lanes[lane], load<std::uint64_t>(next + lane * 8));
  std::uint64_t hash =
      std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) + std::rotl(lanes[3], 18);
  for (const std::uint64_t lane : lanes) hash = merge(hash, lane);
  return hash;
}

std::uint64_t hash_tail(std::uint64_t hash, const unsigned char* next, std::size_t left) {
  for (; left >= 8; next += 8, left -= 8)
    hash = std::rotl(hash ^ mix(0, load<std::uint64_t>(next)), 27) * kPrime1 + kPrime4;
  for (; left >= 4; next += 4, left -= 4)
    hash = std::rotl(hash ^ load<std::uint32_t>(next) * kPrime1, 23) * kPrime2 + kPrime3;
  for (; left > 0; ++next, --left) hash = std::rotl(hash ^ *next * kPrime5, 11) * kPrime1;
  return hash;
}

}  // namespace

std::uint64_t xxh64(const void* data, std::size_t size, std::uint64_t seed) {
  const auto* next = static_cast<const unsigned char*>(data);
  std::size_t left = size;
  std::uint64_t hash = size >= 32 ? hash_stripes(next, left, seed) : seed + kPrime5;
  hash = hash_tail(hash + size, next, left);
  hash = (hash ^ hash >> 33) * kPrime2;
  hash = (hash ^ hash >> 29) * kPrime3;
  return hash ^ hash >> 32;
}

}  // namespace nearabout
