// The kernels in plain C++, for any processor. Vectors are small arrays, which a compiler may place in whatever
// registers the target's baseline has.
#include <math.h>
#include <string.h>

#include "kernels/kernel_sets.h"

namespace nearabout::kernels::scalar {
namespace {

#include "kernels/generic/tags.inl"

void prefetch(const Byte*) {}

struct Doubles {
  double lane[8];
};
inline Doubles zero() { return {}; }
inline Doubles add(Doubles a, Doubles b) {
  for (int i = 0; i < 8; ++i) a.lane[i] += b.lane[i];
  return a;
}
inline Doubles subtract(Doubles a, Doubles b) {
  for (int i = 0; i < 8; ++i) a.lane[i] -= b.lane[i];
  return a;
}
inline Doubles absolute(Doubles a) {
  for (int i = 0; i < 8; ++i) a.lane[i] = fabs(a.lane[i]);
  return a;
}
inline Doubles multiply_add(Doubles a, Doubles b, Doubles sum) {
  for (int i = 0; i < 8; ++i) sum.lane[i] += a.lane[i] * b.lane[i];
  return sum;
}
inline Doubles keep(Doubles a, const std::int64_t* mask) {
  for (int i = 0; i < 8; ++i) a.lane[i] = mask[i] != 0 ? a.lane[i] : 0.0;
  return a;
}
inline double total(Doubles a) {
  return ((a.lane[0] + a.lane[4]) + (a.lane[2] + a.lane[6])) + ((a.lane[1] + a.lane[5]) + (a.lane[3] + a.lane[7]));
}
inline double square_root(double value) { return sqrt(value); }

template <class Value>
inline Value read(const void* from, int index) {
  Value value;
  memcpy(&value, static_cast<const Byte*>(from) + static_cast<std::size_t>(index) * sizeof(Value), sizeof(Value));
  return value;
}
inline float as_float(std::uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

// Widens an IEEE 754 binary16 value: a sign, five bits of exponent (bias 15), ten of fraction. Every value is exact in
// binary32.
inline float widen_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1fu;
  const std::uint32_t fraction = half & 0x3ffu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  return as_float(sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | fraction << 13);
}

inline double value_of(F64, const void* from, int i) { return read<double>(from, i); }
inline double value_of(F32, const void* from, int i) { return static_cast<double>(read<float>(from, i)); }
inline double value_of(F16, const void* from, int i) {
  return static_cast<double>(widen_half(read<std::uint16_t>(from, i)));
}
inline double value_of(BF16, const void* from, int i) {
  return static_cast<double>(as_float(std::uint32_t{read<std::uint16_t>(from, i)} << 16));
}
inline double value_of(U8, const void* from, int i) { return read<std::uint8_t>(from, i); }
inline double value_of(I8, const void* from, int i) { return read<std::int8_t>(from, i); }

template <class Tag>
inline Doubles load(Tag tag, const void* from) {
  Doubles loaded;
  for (int i = 0; i < 8; ++i) loaded.lane[i] = value_of(tag, from, i);
  return loaded;
}

constexpr std::size_t kProjectedTogether = 8;
struct Floats {
  float lane[16];
};
inline Floats no_floats() { return {}; }
inline Floats load_floats(const float* from) {
  Floats floats;
  memcpy(floats.lane, from, sizeof(floats.lane));
  return floats;
}
inline Floats every_float(float value) {
  Floats floats;
  for (float& lane : floats.lane) lane = value;
  return floats;
}
inline Floats add_floats(Floats a, Floats b) {
  for (int i = 0; i < 16; ++i) a.lane[i] += b.lane[i];
  return a;
}
inline Floats subtract_floats(Floats a, Floats b) {
  for (int i = 0; i < 16; ++i) a.lane[i] -= b.lane[i];
  return a;
}
inline Floats absolute_floats(Floats a) {
  for (int i = 0; i < 16; ++i) a.lane[i] = fabsf(a.lane[i]);
  return a;
}
inline Floats larger_floats(Floats a, Floats b) {
  for (int i = 0; i < 16; ++i) a.lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i];
  return a;
}
inline unsigned floats_within(Floats floats, float limit) {
  unsigned within = 0;
  for (int i = 0; i < 16; ++i) within |= floats.lane[i] <= limit ? 1u << i : 0u;
  return within;
}
inline unsigned least_floats(Floats floats) {
  float least = floats.lane[0];
  for (const float lane : floats.lane) least = lane < least ? lane : least;
  return floats_within(floats, least);
}
inline Floats multiply_add_floats(Floats a, Floats b, Floats sum) {
  for (int i = 0; i < 16; ++i) sum.lane[i] += a.lane[i] * b.lane[i];
  return sum;
}
constexpr std::size_t kNearestTogether = 4;
inline void keep_greater(Floats& greatest, Floats& places, const Floats& values, const Floats& place) {
  for (int i = 0; i < 16; ++i) {
    const bool greater = values.lane[i] > greatest.lane[i];
    greatest.lane[i] = greater ? values.lane[i] : greatest.lane[i];
    places.lane[i] = greater ? place.lane[i] : places.lane[i];
  }
}
inline Floats multiply_floats(Floats a, Floats b) {
  for (int i = 0; i < 16; ++i) a.lane[i] *= b.lane[i];
  return a;
}
inline void store_floats(float* to, Floats floats) { memcpy(to, floats.lane, sizeof(floats.lane)); }
inline void store_rounded(std::int8_t* to, Floats floats) {
  constexpr float kWhole = 0x1.8p23f;  // floats of this size have no fraction: adding it rounds, ties to even
  for (int i = 0; i < 16; ++i) to[i] = static_cast<std::int8_t>((floats.lane[i] + kWhole) - kWhole);
}

constexpr std::size_t kBytes = 16;
struct Bytes {
  Byte lane[16];
};
struct Sums {
  std::uint32_t lane[16];
};
inline Bytes load_bytes(const void* from) { return read<Bytes>(from, 0); }
inline Bytes every_byte(Byte value) {
  Bytes bytes;
  for (Byte& lane : bytes.lane) lane = value;
  return bytes;
}
inline Bytes exclusive_or(Bytes a, Bytes b) {
  for (int i = 0; i < 16; ++i) a.lane[i] = static_cast<Byte>(a.lane[i] ^ b.lane[i]);
  return a;
}
inline Bytes both(Bytes a, Bytes b) {
  for (int i = 0; i < 16; ++i) a.lane[i] = static_cast<Byte>(a.lane[i] & b.lane[i]);
  return a;
}
inline Bytes either(Bytes a, Bytes b) {
  for (int i = 0; i < 16; ++i) a.lane[i] = static_cast<Byte>(a.lane[i] | b.lane[i]);
  return a;
}

inline Sums no_sums() { return {}; }
inline std::uint32_t total(Sums sums) {
  std::uint32_t sum = 0;
  for (const std::uint32_t lane : sums.lane) sum += lane;
  return sum;
}
inline Sums add_squares(Sums sums, Bytes a, Bytes b) {
  for (int i = 0; i < 16; ++i) {
    const int difference = a.lane[i] - b.lane[i];
    sums.lane[i] += static_cast<std::uint32_t>(difference * difference);
  }
  return sums;
}
inline Sums add_differences(Sums sums, Bytes a, Bytes b) {
  for (int i = 0; i < 16; ++i) {
    const int difference = a.lane[i] - b.lane[i];
    sums.lane[i] += static_cast<std::uint32_t>(difference < 0 ? -difference : difference);
  }
  return sums;
}
// Adds the number of bits set the textbook way: counts in pairs, then in fours, then in the byte.
inline Sums add_bits(Sums sums, Bytes bytes) {
  for (int i = 0; i < 16; ++i) {
    unsigned value = bytes.lane[i];
    value -= (value >> 1) & 0x55u;
    value = (value & 0x33u) + ((value >> 2) & 0x33u);
    sums.lane[i] += (value + (value >> 4)) & 0x0fu;
  }
  return sums;
}

constexpr std::size_t kCountRows = 8;
struct BitCounts {
  std::uint64_t lane[kCountRows];
};
inline BitCounts no_bit_counts() { return {}; }
inline BitCounts count_bits(BitCounts counts, const std::uint64_t* rows, const std::uint64_t* query) {
  for (std::size_t i = 0; i < kCountRows; ++i) {
    std::uint64_t bits = rows[i] ^ *query;
    bits -= (bits >> 1) & 0x5555'5555'5555'5555u;
    bits = (bits & 0x3333'3333'3333'3333u) + ((bits >> 2) & 0x3333'3333'3333'3333u);
    bits = (bits + (bits >> 4)) & 0x0f0f'0f0f'0f0f'0f0fu;
    counts.lane[i] += bits * 0x0101'0101'0101'0101u >> 56;
  }
  return counts;
}
inline unsigned near_counts(const BitCounts& counts, std::uint32_t most) {
  unsigned near = 0;
  for (std::size_t i = 0; i < kCountRows; ++i) near |= counts.lane[i] <= most ? 1u << i : 0u;
  return near;
}
inline void store_counts(std::uint64_t* to, const BitCounts& counts) { memcpy(to, counts.lane, sizeof(counts.lane)); }

template <class Query, class Row>
struct Product {
  static constexpr Byte kRowFlip = 0;
  static constexpr int kQueryFactor = 0;
  static constexpr bool kUnsigned = static_cast<Query>(-1) > 0;
  static Sums step(Sums sums, Bytes query, Bytes row) {
    for (int i = 0; i < 16; ++i) {
      sums.lane[i] += static_cast<std::uint32_t>(static_cast<Query>(query.lane[i]) * static_cast<Row>(row.lane[i]));
    }
    return sums;
  }
};
using DotU8U8 = Product<std::uint8_t, std::uint8_t>;
using DotI8I8 = Product<std::int8_t, std::int8_t>;
using DotU8S8 = Product<std::int8_t, std::uint8_t>;

constexpr std::size_t kWideLanes = 16;
struct WideQuery {
  std::int16_t lane[kWideLanes];
};
using WideRow = Bytes;
inline WideQuery load_wide(const std::int16_t* from) {
  WideQuery query;
  memcpy(query.lane, from, sizeof(query.lane));
  return query;
}
inline WideRow wide_row(const Byte* from) { return load_bytes(from); }
inline Sums wide_step(Sums sums, WideQuery query, WideRow row) {
  for (std::size_t i = 0; i < kWideLanes; ++i) {
    sums.lane[i] += static_cast<std::uint32_t>(query.lane[i] * static_cast<std::int8_t>(row.lane[i]));
  }
  return sums;
}

constexpr std::size_t kPanelLanes = 4;
constexpr std::size_t kTileVectors = 2;
constexpr std::size_t kTileQueries = 2;
constexpr int kPanelQueryFactor = 0;
using PanelRows = Bytes;
struct PanelQuery {
  std::int8_t value[4];
};
struct PanelSums {
  std::int32_t lane[4];
};
inline PanelRows panel_rows(const std::uint8_t* from) { return load_bytes(from); }
inline PanelQuery panel_query(const std::int8_t* from) { return read<PanelQuery>(from, 0); }
inline PanelSums no_panel_sums() { return {}; }
inline PanelSums panel_step(PanelSums sums, PanelRows rows, PanelQuery query) {
  for (int r = 0; r < 4; ++r) {
    for (int j = 0; j < 4; ++j) sums.lane[r] += rows.lane[r * 4 + j] * query.value[j];
  }
  return sums;
}
inline void panel_store(std::int32_t* to, PanelSums sums, std::int32_t) { memcpy(to, sums.lane, sizeof(sums.lane)); }
inline unsigned near_rows(PanelSums sums, std::int32_t, const float* offsets, const float* errors,
                          const MatrixScreen& screen) {
  unsigned near = 0;
  for (int r = 0; r < 4; ++r) {
    const float bound = offsets[r] + screen.scale * static_cast<float>(sums.lane[r]) - screen.slack * errors[r];
    near |= bound <= screen.threshold ? 1u << r : 0u;
  }
  return near;
}

#include "kernels/generic/parts.inl"
#include "kernels/generic/values_singly.inl"

constexpr std::size_t kHitLanes = 16;
inline std::size_t append_hits(const std::int32_t* dots, std::size_t first, std::size_t count, const Screen& screen,
                               std::size_t found, std::uint32_t* hits, float* bounds) {
  return append_hits_singly(dots, first, count, screen, found, hits, bounds);
}

constexpr std::size_t kCodeBlocks = 1;
constexpr std::size_t kCodeQueries = 1;
struct CodeLine {
  const std::uint8_t* bytes;
};
struct CodeTables {
  const std::int8_t* entries;
};
struct CodeSums {
  std::int32_t row[kBlockRows];
};
inline CodeLine code_line(const std::uint8_t* from) { return {from}; }
inline CodeTables code_tables(const std::int8_t* from) { return {from}; }
inline CodeSums no_code_sums() { return {}; }
inline CodeSums code_step(CodeSums sums, CodeLine line, CodeTables tables) {
  for (std::size_t t = 0; t < 4; ++t) {
    const std::int8_t* const low = tables.entries + t * kTableBytes;
    const std::int8_t* const high = low + 4 * kTableBytes;
    for (std::size_t r = 0; r < kBlockRows; ++r) {
      const std::uint8_t codes = line.bytes[t * kBlockRows + r];
      sums.row[r] += low[codes & 15] + high[codes >> 4];
    }
  }
  return sums;
}
inline void append_block(const std::int32_t* sums, const std::uint8_t* terms, std::size_t count, std::uint32_t place,
                         CodeScan& scan) {
  append_estimates_singly(sums, terms, count, place, scan);
}
inline void append_codes(const CodeSums& sums, const std::uint8_t* terms, std::size_t count, std::uint32_t place,
                         std::size_t, CodeScan& scan) {
  append_block(sums.row, terms, count, place, scan);
}

// clang-format off
#include "kernels/generic/byte_steps.inl"
#include "kernels/generic/tiles.inl"
#include "kernels/generic/all.inl"
// clang-format on

}  // namespace

const Table table = {
    "scalar",      kReal<F32>,
    kReal<F16>,    kReal<BF16>,
    kReal<U8>,     kReal<I8>,
    kIntegerU8,    kIntegerI8,
    kBits,         {screen_rows, wide_rows, pack_panel, panel_dots, screen_hits, panel_dots, local_bytes},
    project,       {fill_tables, scan_codes, scan_bytes, scan_long, keep_least},
    {matrix_hits}, nearest_columns,
    kBlockKernels};

}  // namespace nearabout::kernels::scalar
