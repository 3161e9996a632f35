// The layout of an Annoy file, for each of its five metrics.
//
// A file of Annoy 1.17 is an array of nodes of one size and nothing else: no magic, no counts. Items come first, by
// number (an item never added is a node of zeros: a hole), then the nodes of the trees, then a copy of every root. This
// follows the `Node` structures, `load` and `build` of annoylib.h in Annoy 1.17.3; all numbers are little-endian:
//
//   angular               i32 descendants | f32 squared norm, or i32 children[2] | f32 vector[f]
//   euclidean, manhattan  i32 descendants | f32 offset of the plane | i32 children[2] | f32 vector[f]
//   dot                   i32 descendants | i32 children[2] | f32 dot factor | f32 vector[f]
//   hamming               i32 descendants | i32 children[2] | 4 bytes unused | u64 words[ceil(f / 64)]
//
// A node of at most `list_room` descendants is a list of item numbers, from `children` to the end of the node; a node
// with more descendants is a plane (under hamming a bit, whose number is in words[0]) with two children. The root of a
// tree claims as many descendants as there are items, including holes, however many it really has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "storage/items.h"

namespace nearabout::annoy {

enum class Space { angular, euclidean, manhattan, hamming, dot };

std::optional<Space> space_from_name(std::string_view name);
std::string_view name_of(Space space);

// Offsets are in bytes from the beginning of a node.
struct Layout {
  Layout(Space space, std::size_t dims);

  Space space;
  std::size_t dims;
  std::size_t children;
  std::size_t vector;
  std::size_t vector_bytes;
  std::size_t node_bytes;
  std::size_t list_room;
};

// Largest number of nodes: item and node numbers are int32 in the file.
inline constexpr std::uint64_t kMaxNodes = 0x7FFF'FFFF;

template <class T>
T load_at(const std::byte* node, std::size_t place) {
  T value;
  std::memcpy(&value, node + place, sizeof value);
  return value;
}

template <class T>
void store_at(std::byte* node, std::size_t place, T value) {
  std::memcpy(node + place, &value, sizeof value);
}

// Offsets of the fields that only some metrics have.
inline constexpr std::size_t kSquaredNormAt = 4;  // items under angular
inline constexpr std::size_t kOffsetAt = 4;       // planes under euclidean and manhattan
inline constexpr std::size_t kDotFactorAt = 12;   // under dot

inline std::int32_t descendants(const std::byte* node) { return load_at<std::int32_t>(node, 0); }

// Returns the floats at an offset. Nodes are multiples of 4 bytes and start on a page, so their floats are aligned.
inline const float* floats_at(const std::byte* node, std::size_t place) {
  return storage::items_of<float>(node + place);
}

// Returns bit `position` of a bit vector as planes count them: from the highest bit of each word.
inline bool bit_at(const std::byte* words, std::uint64_t position) {
  return (load_at<std::uint64_t>(words, position / 64 * 8) >> (63 - position % 64) & 1) != 0;
}

}  // namespace nearabout::annoy
