// Vector types and operations that both NEON files share. All loads go through bytes, which need no alignment.

#include "kernels/generic/tags.inl"

inline void prefetch(const Byte* at) {
#if defined(_MSC_VER)
  __prefetch(at);
#else
  __builtin_prefetch(at);
#endif
}

struct Doubles {
  float64x2_t two[4];
};
inline Doubles zero() { return {{vdupq_n_f64(0), vdupq_n_f64(0), vdupq_n_f64(0), vdupq_n_f64(0)}}; }
inline Doubles add(Doubles a, Doubles b) {
  for (int i = 0; i < 4; ++i) a.two[i] = vaddq_f64(a.two[i], b.two[i]);
  return a;
}
inline Doubles subtract(Doubles a, Doubles b) {
  for (int i = 0; i < 4; ++i) a.two[i] = vsubq_f64(a.two[i], b.two[i]);
  return a;
}
inline Doubles absolute(Doubles a) {
  for (int i = 0; i < 4; ++i) a.two[i] = vabsq_f64(a.two[i]);
  return a;
}
inline Doubles multiply_add(Doubles a, Doubles b, Doubles sum) {
  for (int i = 0; i < 4; ++i) sum.two[i] = vfmaq_f64(sum.two[i], a.two[i], b.two[i]);
  return sum;
}
inline Doubles keep(Doubles a, const std::int64_t* mask) {
  for (int i = 0; i < 4; ++i) {
    const uint64x2_t bits = vandq_u64(vreinterpretq_u64_f64(a.two[i]), vreinterpretq_u64_s64(vld1q_s64(mask + i * 2)));
    a.two[i] = vreinterpretq_f64_u64(bits);
  }
  return a;
}
inline double total(Doubles a) {
  return vaddvq_f64(vaddq_f64(vaddq_f64(a.two[0], a.two[2]), vaddq_f64(a.two[1], a.two[3])));
}
constexpr std::size_t kProjectedTogether = 6;
struct Floats {
  float32x4_t four[4];
};
inline Floats every_float(float value) {
  const float32x4_t four = vdupq_n_f32(value);
  return {{four, four, four, four}};
}
inline Floats no_floats() { return every_float(0); }
inline Floats load_floats(const float* from) {
  return {{vld1q_f32(from), vld1q_f32(from + 4), vld1q_f32(from + 8), vld1q_f32(from + 12)}};
}
inline Floats add_floats(Floats a, Floats b) {
  for (int i = 0; i < 4; ++i) a.four[i] = vaddq_f32(a.four[i], b.four[i]);
  return a;
}
inline Floats subtract_floats(Floats a, Floats b) {
  for (int i = 0; i < 4; ++i) a.four[i] = vsubq_f32(a.four[i], b.four[i]);
  return a;
}
inline Floats absolute_floats(Floats a) {
  for (int i = 0; i < 4; ++i) a.four[i] = vabsq_f32(a.four[i]);
  return a;
}
inline Floats larger_floats(Floats a, Floats b) {
  for (int i = 0; i < 4; ++i) a.four[i] = vmaxnmq_f32(a.four[i], b.four[i]);
  return a;
}
inline unsigned floats_within(Floats floats, float limit) {
  const std::uint32_t bits[4] = {1, 2, 4, 8};
  unsigned within = 0;
  for (int i = 0; i < 4; ++i) {
    const uint32x4_t near = vcleq_f32(floats.four[i], vdupq_n_f32(limit));
    within |= vaddvq_u32(vandq_u32(near, vld1q_u32(bits))) << 4 * i;
  }
  return within;
}
inline unsigned least_floats(Floats floats) {
  const float32x4_t low = vminnmq_f32(floats.four[0], floats.four[1]);
  return floats_within(floats, vminnmvq_f32(vminnmq_f32(low, vminnmq_f32(floats.four[2], floats.four[3]))));
}
inline Floats multiply_add_floats(Floats a, Floats b, Floats sum) {
  for (int i = 0; i < 4; ++i) sum.four[i] = vfmaq_f32(sum.four[i], a.four[i], b.four[i]);
  return sum;
}
constexpr std::size_t kNearestTogether = 2;
inline void keep_greater(Floats& greatest, Floats& places, const Floats& values, const Floats& place) {
  for (int i = 0; i < 4; ++i) {
    const uint32x4_t greater = vcgtq_f32(values.four[i], greatest.four[i]);
    greatest.four[i] = vbslq_f32(greater, values.four[i], greatest.four[i]);
    places.four[i] = vbslq_f32(greater, place.four[i], places.four[i]);
  }
}
inline Floats multiply_floats(Floats a, Floats b) {
  for (int i = 0; i < 4; ++i) a.four[i] = vmulq_f32(a.four[i], b.four[i]);
  return a;
}
inline void store_rounded(std::int8_t* to, Floats floats) {
  int16x8_t words[2];
  for (int i = 0; i < 2; ++i) {
    const int16x4_t low = vqmovn_s32(vcvtnq_s32_f32(floats.four[2 * i]));
    words[i] = vqmovn_high_s32(low, vcvtnq_s32_f32(floats.four[2 * i + 1]));
  }
  vst1q_s8(to, vqmovn_high_s16(vqmovn_s16(words[0]), words[1]));
}
inline void store_floats(float* to, Floats floats) {
  for (int i = 0; i < 4; ++i) vst1q_f32(to + i * 4, floats.four[i]);
}
inline double square_root(double value) { return vget_lane_f64(vsqrt_f64(vdup_n_f64(value)), 0); }

inline uint8x16_t load_16(const void* from) { return vld1q_u8(static_cast<const Byte*>(from)); }
inline uint8x8_t load_8(const void* from) { return vld1_u8(static_cast<const Byte*>(from)); }
inline uint8x16_t load_16_after(const void* from, std::size_t bytes) {
  return load_16(static_cast<const Byte*>(from) + bytes);
}

inline Doubles widen_floats(float32x4_t low, float32x4_t high) {
  return {{vcvt_f64_f32(vget_low_f32(low)), vcvt_high_f64_f32(low), vcvt_f64_f32(vget_low_f32(high)),
           vcvt_high_f64_f32(high)}};
}
inline Doubles load(F64, const void* from) {
  return {{vreinterpretq_f64_u8(load_16(from)), vreinterpretq_f64_u8(load_16_after(from, 16)),
           vreinterpretq_f64_u8(load_16_after(from, 32)), vreinterpretq_f64_u8(load_16_after(from, 48))}};
}
inline Doubles load(F32, const void* from) {
  return widen_floats(vreinterpretq_f32_u8(load_16(from)), vreinterpretq_f32_u8(load_16_after(from, 16)));
}
inline Doubles load(F16, const void* from) {
  const float16x8_t halves = vreinterpretq_f16_u8(load_16(from));
  return widen_floats(vcvt_f32_f16(vget_low_f16(halves)), vcvt_high_f32_f16(halves));
}
inline Doubles load(BF16, const void* from) {
  const uint16x8_t halves = vreinterpretq_u16_u8(load_16(from));
  return widen_floats(vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(halves), 16)),
                      vreinterpretq_f32_u32(vshll_high_n_u16(halves, 16)));
}
inline Doubles load(U8, const void* from) {
  const uint16x8_t wide = vmovl_u8(load_8(from));
  return widen_floats(vcvtq_f32_u32(vmovl_u16(vget_low_u16(wide))), vcvtq_f32_u32(vmovl_high_u16(wide)));
}
inline Doubles load(I8, const void* from) {
  const int16x8_t wide = vmovl_s8(vreinterpret_s8_u8(load_8(from)));
  return widen_floats(vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide))), vcvtq_f32_s32(vmovl_high_s16(wide)));
}

constexpr std::size_t kBytes = 16;
using Bytes = uint8x16_t;
using Sums = uint32x4_t;
inline Bytes load_bytes(const void* from) { return load_16(from); }
inline Bytes every_byte(Byte value) { return vdupq_n_u8(value); }
inline Bytes exclusive_or(Bytes a, Bytes b) { return veorq_u8(a, b); }
inline Bytes both(Bytes a, Bytes b) { return vandq_u8(a, b); }
inline Bytes either(Bytes a, Bytes b) { return vorrq_u8(a, b); }

inline Sums no_sums() { return vdupq_n_u32(0); }
inline std::uint32_t total(Sums sums) { return vaddvq_u32(sums); }
constexpr std::size_t kWideLanes = 8;
using WideQuery = int16x8_t;
using WideRow = int16x8_t;
inline WideQuery load_wide(const std::int16_t* from) { return vld1q_s16(from); }
inline WideRow wide_row(const Byte* from) { return vmovl_s8(vreinterpret_s8_u8(vld1_u8(from))); }
inline Sums wide_step(Sums sums, WideQuery query, WideRow row) {
  const int32x4_t low = vmlal_s16(vreinterpretq_s32_u32(sums), vget_low_s16(query), vget_low_s16(row));
  return vreinterpretq_u32_s32(vmlal_high_s16(low, query, row));
}
inline Sums add_bytes(Sums sums, Bytes bytes) { return vpadalq_u16(sums, vpaddlq_u8(bytes)); }
inline Sums add_differences(Sums sums, Bytes a, Bytes b) { return add_bytes(sums, vabdq_u8(a, b)); }
inline Sums add_bits(Sums sums, Bytes bytes) { return add_bytes(sums, vcntq_u8(bytes)); }

// Words of two rows. Counts stay in bytes until the end: kMaxCodeWords words have at most 128 bits a byte.
constexpr std::size_t kCountRows = 2;
using BitCounts = uint8x16_t;
inline BitCounts no_bit_counts() { return vdupq_n_u8(0); }
inline BitCounts count_bits(BitCounts counts, const std::uint64_t* rows, const std::uint64_t* query) {
  const uint64x2_t bits = veorq_u64(vld1q_u64(rows), vdupq_n_u64(*query));
  return vaddq_u8(counts, vcntq_u8(vreinterpretq_u8_u64(bits)));
}
inline uint64x2_t row_counts(BitCounts counts) { return vpaddlq_u32(vpaddlq_u16(vpaddlq_u8(counts))); }
inline unsigned near_counts(BitCounts counts, std::uint32_t most) {
  const uint64x2_t near = vcleq_u64(row_counts(counts), vdupq_n_u64(most));
  return static_cast<unsigned>(vgetq_lane_u64(near, 0) & 1u) | static_cast<unsigned>(vgetq_lane_u64(near, 1) & 2u);
}
inline void store_counts(std::uint64_t* to, BitCounts counts) { vst1q_u64(to, row_counts(counts)); }

#include "kernels/generic/parts.inl"
#include "kernels/generic/values_singly.inl"

// Returns a bit for each of four rows, set where the bound is within the threshold.
inline unsigned near_four(int32x4_t dots, const float* offsets, const float* errors, const MatrixScreen& screen) {
  const float32x4_t without =
      vfmsq_n_f32(vreinterpretq_f32_u8(load_16(offsets)), vreinterpretq_f32_u8(load_16(errors)), screen.slack);
  const float32x4_t bound = vfmaq_n_f32(without, vcvtq_f32_s32(dots), screen.scale);
  const uint32x4_t near = vcleq_f32(bound, vdupq_n_f32(screen.threshold));
  const std::uint32_t bits[4] = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(near, vld1q_u32(bits)));
}

// Most blocks have no hit; the few that have one are scanned row by row.
constexpr std::size_t kHitLanes = 4;
inline std::size_t append_hits(const std::int32_t* dots, std::size_t first, std::size_t count, const Screen& screen,
                               std::size_t found, std::uint32_t* hits, float* bounds) {
  if (count == kHitLanes) {
    const float32x4_t products = vcvtq_f32_s32(vreinterpretq_s32_u8(load_16(dots + first)));
    float32x4_t bound = vmulq_n_f32(products, screen.scale);
    if (screen.offsets != nullptr) bound = vaddq_f32(vreinterpretq_f32_u8(load_16(screen.offsets + first)), bound);
    if (screen.errors != nullptr) {
      bound = vsubq_f32(bound, vmulq_n_f32(vreinterpretq_f32_u8(load_16(screen.errors + first)), screen.slack));
    }
    if (vmaxvq_u32(vcleq_f32(bound, vdupq_n_f32(screen.threshold))) == 0) return found;
  }
  return append_hits_singly(dots, first, count, screen, found, hits, bounds);
}

// A quarter of a line holds the codes of sixteen rows that are looked up in one table.
constexpr std::size_t kCodeBlocks = 1;
constexpr std::size_t kCodeQueries = 1;
struct CodeLine {
  uint8x16_t low[4], high[4];
};
struct CodeTables {
  const std::int8_t* entries;
};
struct CodeSums {
  int16x8_t low, high;
};
inline CodeLine code_line(const std::uint8_t* from) {
  CodeLine line;
  for (int t = 0; t < 4; ++t) {
    const uint8x16_t codes = load_16(from + t * 16);
    line.low[t] = vandq_u8(codes, vdupq_n_u8(0x0f));
    line.high[t] = vshrq_n_u8(codes, 4);
  }
  return line;
}
inline CodeTables code_tables(const std::int8_t* from) { return {from}; }
inline CodeSums no_code_sums() { return {vdupq_n_s16(0), vdupq_n_s16(0)}; }
inline CodeSums code_step(CodeSums sums, CodeLine line, CodeTables tables) {
  for (int t = 0; t < 4; ++t) {
    const int8x16_t low = vqtbl1q_s8(vreinterpretq_s8_u8(load_16(tables.entries + t * 16)), line.low[t]);
    const int8x16_t high = vqtbl1q_s8(vreinterpretq_s8_u8(load_16(tables.entries + 64 + t * 16)), line.high[t]);
    const int8x16_t pairs = vaddq_s8(low, high);
    sums.low = vaddw_s8(sums.low, vget_low_s8(pairs));
    sums.high = vaddw_high_s8(sums.high, pairs);
  }
  return sums;
}
inline void append_block(const std::int32_t* sums, const std::uint8_t* terms, std::size_t count, std::uint32_t place,
                         CodeScan& scan) {
  uint32x4_t near = vdupq_n_u32(0);
  for (int part = 0; part < 4; ++part) {
    const uint16x4_t offset = vreinterpret_u16_u8(load_8(terms + part * 8));
    const uint16x4_t scale = vreinterpret_u16_u8(load_8(terms + 32 + part * 8));
    const float32x4_t offsets = vcvtq_f32_u32(vmovl_u16(offset));
    const float32x4_t scales = vcvtq_f32_u32(vmovl_u16(scale));
    const float32x4_t constant = vaddq_f32(vdupq_n_f32(scan.base), vmulq_n_f32(offsets, scan.offset_step));
    const float32x4_t factor = vmulq_n_f32(scales, scan.scale);
    const float32x4_t sum = vcvtq_f32_s32(vld1q_s32(sums + part * 4));
    const float32x4_t estimates = vaddq_f32(constant, vmulq_f32(factor, sum));
    near = vorrq_u32(near, vcleq_f32(estimates, vdupq_n_f32(scan.threshold)));
  }
  if (vmaxvq_u32(near) != 0) append_estimates_singly(sums, terms, count, place, scan);
}
inline void append_codes(CodeSums sums, const std::uint8_t* terms, std::size_t count, std::uint32_t place, std::size_t,
                         CodeScan& scan) {
  std::int32_t all[kBlockRows];
  vst1q_s32(all, vmovl_s16(vget_low_s16(sums.low)));
  vst1q_s32(all + 4, vmovl_high_s16(sums.low));
  vst1q_s32(all + 8, vmovl_s16(vget_low_s16(sums.high)));
  vst1q_s32(all + 12, vmovl_high_s16(sums.high));
  append_block(all, terms, count, place, scan);
}

#include "kernels/generic/tiles.inl"
