// The byte layout of a .near file: the structures described in docs/explanation/file-format.md.
//
//   header (64 bytes) | section, section, ... | checksums section | directory
//
// A section begins at the first multiple of 64 (or of 4096 if its flag says so) after the one before it, so its offset
// is determined: the offset in the directory is compared with it, which leaves no room for holes or overlaps.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/element.h"

namespace nearabout::storage {

// Sections are used in place, so the host must store numbers as the file does.
static_assert(std::endian::native == std::endian::little, "Nearabout's files are little-endian; this host is not");
static_assert(sizeof(std::size_t) == 8, "Nearabout maps whole files and needs a 64-bit host");

// The numbers are part of the file format: never reuse one.
enum class SectionId : std::uint32_t {
  descriptor = 1,
  metadata = 2,
  vectors = 3,
  codes = 4,
  row_terms = 5,
  grid = 6,
  bounds = 7,
  centre = 8,
  directions = 9,
  sketch = 10,
  key_offsets = 16,
  key_bytes = 17,
  key_numbers = 18,
  key_tags = 19,
  key_slots = 20,
  tree_header = 24,
  tree_nodes = 26,
  node_codes = 27,
  node_offsets = 28,
  tree_rows = 29,
  tree_codes = 30,
  tree_offsets = 31,
  list_header = 32,
  transform = 33,
  direction_bytes = 34,
  direction_terms = 35,
  centroid_bytes = 36,
  list_terms = 37,
  list_sizes = 38,
  list_rows = 39,
  list_codes = 40,
  curve = 41,
  group_bytes = 42,
  group_squares = 43,
  distance_source = 44,
  byte_codes = 45,
  byte_steps = 46,
  byte_squares = 47,
  calibrated = 48,
  calibration = 49,
  adaptive_probes = 50,
  screen_bounds = 51,
  screen_centre = 52,
  screen_directions = 53,
  screen_grid = 54,
  guard = 55,
  leaf_residuals = 56,
  tuning = 57,
  bound_bytes = 58,
  bound_steps = 59,
  bound_squares = 60,
  bound_errors = 61,
  graph_header = 62,
  graph_nodes = 63,
  graph_copies = 64,
  graph_entries = 65,
  graph_entry_panels = 66,
  graph_entry_squares = 67,
  binary_header = 100,
  binary_centre = 101,
  binary_directions = 102,
  binary_levels = 103,
  sampled_bits = 104,
  hash_header = 105,
  hash_codes = 106,
  hash_keys = 107,
  hash_ends = 108,
  hash_rows = 109,
  quantizer_header = 110,
  quantizer_frame = 111,
  quantizer_codebooks = 112,
  quantizer_rotations = 113,
  quantizer_centroids = 114,
  quantizer_scales = 115,
  quantizer_cell_codebooks = 116,
  quantizer_ranges = 117,
  quantizer_directions = 118,
  quantizer_steps = 119,
  list_code_header = 130,
  list_codebooks = 131,
  list_rotations = 132,
  list_cells = 133,
  checksums = 255,  // written only by Writer::finish
};
std::string_view name_of(SectionId id);  // "unknown" for a number that this version does not know

// A reader rejects a file with an unknown required section, and ignores an unknown optional one.
enum class Need : std::uint32_t { required = 0, optional = 1 };

// Rows and columns of a table, always two-dimensional: a list has one column.
struct Shape {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  friend bool operator==(const Shape&, const Shape&) = default;
};

// Returns the size of a table in bytes, or nullopt if it does not fit in 64 bits, if the element type is unknown, or if
// there are rows without columns, whose number nothing would bound.
std::optional<std::uint64_t> table_bytes(Element element, Shape shape);

// Modelled on PNG's: a byte above 127, a name, and line ends of both kinds, so that a copy made in text mode is
// detected at once.
inline constexpr std::array<unsigned char, 8> kMagic{0x89, 'N', 'E', 'A', 'R', '\r', '\n', 0x1a};
inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::uint32_t kSectionVersion = 1;
inline constexpr std::uint64_t kBlockBytes = 4'096;  // bytes covered by one checksum
inline constexpr std::uint64_t kAlignment = 64;
inline constexpr std::uint64_t kPageAlignment = 4'096;
inline constexpr std::uint32_t kMaxSections = 1'024;

inline constexpr std::uint32_t kFlagOptional = 1;
inline constexpr std::uint32_t kFlagPageAligned = 2;
inline constexpr std::uint32_t kKnownFlags = kFlagOptional | kFlagPageAligned;

struct Header {
  std::array<unsigned char, 8> magic;
  std::uint32_t version;
  std::uint32_t sections;
  std::uint64_t file_bytes;
  std::uint64_t directory_offset;
  std::uint64_t directory_checksum;
  std::array<std::uint64_t, 2> reserved;  // zero
  std::uint64_t checksum;                 // of the 56 bytes before it
};
static_assert(sizeof(Header) == 64 && offsetof(Header, checksum) == 56);

struct Entry {
  std::uint32_t id;
  std::uint32_t flags;
  std::uint32_t version;
  std::uint32_t element;
  std::uint64_t offset;
  std::uint64_t length;
  std::uint64_t rows;
  std::uint64_t columns;
};
static_assert(sizeof(Entry) == 48);

constexpr std::uint64_t blocks_of(std::uint64_t bytes) { return bytes / kBlockBytes + (bytes % kBlockBytes != 0); }
constexpr std::uint64_t alignment_of(std::uint32_t flags) {
  return (flags & kFlagPageAligned) != 0 ? kPageAlignment : kAlignment;
}

}  // namespace nearabout::storage
