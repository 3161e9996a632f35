// Vector types and operations of AVX-512 with VNNI, except those for 4-bit codes.

#include "kernels/generic/avx512_estimates.inl"
#include "kernels/generic/tags.inl"

inline void prefetch(const Byte* at) { _mm_prefetch(reinterpret_cast<const char*>(at), _MM_HINT_T0); }

inline __mmask8 mask8(std::size_t count) { return static_cast<__mmask8>((1u << count) - 1); }
inline __mmask64 mask64(std::size_t count) { return ~__mmask64{0} >> (64 - count); }  // 1 <= count <= 64

using Doubles = __m512d;
inline Doubles zero() { return _mm512_setzero_pd(); }
inline Doubles add(Doubles a, Doubles b) { return _mm512_add_pd(a, b); }
inline Doubles subtract(Doubles a, Doubles b) { return _mm512_sub_pd(a, b); }
inline Doubles absolute(Doubles a) { return _mm512_abs_pd(a); }
inline Doubles multiply_add(Doubles a, Doubles b, Doubles sum) { return _mm512_fmadd_pd(a, b, sum); }
inline double total(Doubles a) { return _mm512_reduce_add_pd(a); }
inline double square_root(double value) { return _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set_sd(value))); }

inline Doubles widen_halves(__m128i halves) { return _mm512_cvtps_pd(_mm256_cvtph_ps(halves)); }
inline Doubles widen_bfloats(__m128i halves) {
  return _mm512_cvtps_pd(_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16)));
}
inline Doubles widen_unsigned(__m128i bytes) { return _mm512_cvtepi32_pd(_mm256_cvtepu8_epi32(bytes)); }
inline Doubles widen_signed(__m128i bytes) { return _mm512_cvtepi32_pd(_mm256_cvtepi8_epi32(bytes)); }
inline __m128i load_16(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }
inline __m128i load_8(const void* from) { return _mm_loadl_epi64(static_cast<const __m128i*>(from)); }

inline Doubles load(F64, const void* from) { return _mm512_loadu_pd(from); }
inline Doubles load(F32, const void* from) { return _mm512_cvtps_pd(_mm256_loadu_ps(static_cast<const float*>(from))); }
inline Doubles load(F16, const void* from) { return widen_halves(load_16(from)); }
inline Doubles load(BF16, const void* from) { return widen_bfloats(load_16(from)); }
inline Doubles load(U8, const void* from) { return widen_unsigned(load_8(from)); }
inline Doubles load(I8, const void* from) { return widen_signed(load_8(from)); }

// Loads the lanes of the mask only: masked-out lanes are not read, so they cannot fault.
inline Doubles load_some(F64, const void* from, __mmask8 lanes) { return _mm512_maskz_loadu_pd(lanes, from); }
inline Doubles load_some(F32, const void* from, __mmask8 lanes) {
  return _mm512_cvtps_pd(_mm256_maskz_loadu_ps(lanes, from));
}
inline Doubles load_some(F16, const void* from, __mmask8 lanes) {
  return widen_halves(_mm_maskz_loadu_epi16(lanes, from));
}
inline Doubles load_some(BF16, const void* from, __mmask8 lanes) {
  return widen_bfloats(_mm_maskz_loadu_epi16(lanes, from));
}
inline Doubles load_some(U8, const void* from, __mmask8 lanes) {
  return widen_unsigned(_mm_maskz_loadu_epi8(lanes, from));
}
inline Doubles load_some(I8, const void* from, __mmask8 lanes) {
  return widen_signed(_mm_maskz_loadu_epi8(lanes, from));
}
// Loads the end of a row that is at least one vector long as the upper lanes of the vector that ends where the row
// ends. A masked load that starts at the tail and runs past the row cannot fault either, but it would wait for the
// cache line after the row, which nothing else needs.
template <class Tag>
inline Doubles load_end(Tag tag, const void* row, std::size_t whole, std::size_t dims) {
  const Byte* const bytes = static_cast<const Byte*>(row);
  const __mmask8 end = mask8(dims - whole);
  if (whole == 0) return load_some(tag, bytes, end);
  return load_some(tag, bytes + (dims - 8) * Tag::kBytes, static_cast<__mmask8>(end << (8 - (dims - whole))));
}

constexpr std::size_t kProjectedTogether = 8;
using Floats = __m512;
inline Floats no_floats() { return _mm512_setzero_ps(); }
inline Floats load_floats(const float* from) { return _mm512_loadu_ps(from); }
inline Floats every_float(float value) { return _mm512_set1_ps(value); }
inline Floats add_floats(Floats a, Floats b) { return _mm512_add_ps(a, b); }
inline Floats subtract_floats(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
inline Floats absolute_floats(Floats a) { return _mm512_abs_ps(a); }
inline Floats larger_floats(Floats a, Floats b) { return _mm512_max_ps(a, b); }
inline unsigned floats_within(Floats floats, float limit) {
  return _mm512_cmp_ps_mask(floats, _mm512_set1_ps(limit), _CMP_LE_OQ);
}
inline unsigned least_floats(Floats floats) { return floats_within(floats, _mm512_reduce_min_ps(floats)); }
inline Floats multiply_add_floats(Floats a, Floats b, Floats sum) { return _mm512_fmadd_ps(a, b, sum); }
constexpr std::size_t kNearestTogether = 8;
inline void keep_greater(Floats& greatest, Floats& places, Floats values, Floats place) {
  const __mmask16 greater = _mm512_cmp_ps_mask(values, greatest, _CMP_GT_OQ);
  greatest = _mm512_mask_mov_ps(greatest, greater, values);
  places = _mm512_mask_mov_ps(places, greater, place);
}
inline Floats multiply_floats(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
inline void store_floats(float* to, Floats floats) { _mm512_storeu_ps(to, floats); }
inline void store_rounded(std::int8_t* to, Floats floats) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(floats)));
}

constexpr std::size_t kBytes = 64;
using Bytes = __m512i;
using Sums = __m512i;
inline Bytes load_bytes(const void* from) { return _mm512_loadu_si512(from); }
inline Bytes load_bytes_end(const void* row, std::size_t whole, std::size_t dims) {
  const Byte* const bytes = static_cast<const Byte*>(row);
  const __mmask64 end = mask64(dims - whole);
  if (whole == 0) return _mm512_maskz_loadu_epi8(end, bytes);
  return _mm512_maskz_loadu_epi8(end << (64 - (dims - whole)), bytes + dims - 64);
}
inline Bytes every_byte(Byte value) { return _mm512_set1_epi8(static_cast<char>(value)); }
inline Bytes exclusive_or(Bytes a, Bytes b) { return _mm512_xor_si512(a, b); }
inline Bytes both(Bytes a, Bytes b) { return _mm512_and_si512(a, b); }
inline Bytes either(Bytes a, Bytes b) { return _mm512_or_si512(a, b); }

inline Sums no_sums() { return _mm512_setzero_si512(); }
// Returns the sum of the lanes, modulo 2^32. Does not use _mm512_reduce_add_epi32: GCC's version ends with an addition
// of int, which may overflow, whereas this one wraps.
inline std::uint32_t total(Sums sums) {
  const __m256i eight = _mm256_add_epi32(_mm512_castsi512_si256(sums), _mm512_extracti64x4_epi64(sums, 1));
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(two)) + static_cast<std::uint32_t>(_mm_extract_epi32(two, 1));
}
inline Sums add_squares(Sums sums, Bytes a, Bytes b) {
  const __m512i none = _mm512_setzero_si512();
  const __m512i difference = _mm512_sub_epi8(_mm512_max_epu8(a, b), _mm512_min_epu8(a, b));
  const __m512i low = _mm512_unpacklo_epi8(difference, none);
  const __m512i high = _mm512_unpackhi_epi8(difference, none);
  return _mm512_dpwssd_epi32(_mm512_dpwssd_epi32(sums, low, low), high, high);
}
inline Sums add_differences(Sums sums, Bytes a, Bytes b) { return _mm512_add_epi32(sums, _mm512_sad_epu8(a, b)); }
// Returns the numbers of bits set in each byte, looked up half a byte at a time in registers (Mula, Kurz and Lemire,
// "Faster population counts using AVX2", 2018).
inline __m512i counts_of_bytes(__m512i bytes) {
  const __m512i low = _mm512_set1_epi8(0x0f);
  const __m512i table = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  return _mm512_add_epi8(_mm512_shuffle_epi8(table, _mm512_and_si512(bytes, low)),
                         _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(bytes, 4), low)));
}
inline Sums add_bits(Sums sums, Bytes bytes) {
  return _mm512_add_epi32(sums, _mm512_sad_epu8(counts_of_bytes(bytes), _mm512_setzero_si512()));
}

// vpdpbusd multiplies u8 by s8 and sums four products without saturation. When both sides have the same sign, one has
// to be shifted by 128. It is always the row that is shifted, so that the correction depends on the query alone.
struct DotU8S8 {
  static constexpr Byte kRowFlip = 0;
  static constexpr int kQueryFactor = 0;
  static constexpr bool kUnsigned = false;
  static Sums step(Sums sums, Bytes query, Bytes row) { return _mm512_dpbusd_epi32(sums, row, query); }
};
struct DotI8I8 {  // (row + 128) query
  static constexpr Byte kRowFlip = 0x80;
  static constexpr int kQueryFactor = -128;
  static constexpr bool kUnsigned = false;
  static Sums step(Sums sums, Bytes query, Bytes row) { return _mm512_dpbusd_epi32(sums, row, query); }
};
struct DotU8U8 {  // query (row - 128), at least -255 * 128 * kMaxDims
  static constexpr Byte kRowFlip = 0x80;
  static constexpr int kQueryFactor = 128;
  static constexpr bool kUnsigned = false;
  static Sums step(Sums sums, Bytes query, Bytes row) { return _mm512_dpbusd_epi32(sums, query, row); }
};

constexpr std::size_t kWideLanes = 32;
using WideQuery = __m512i;
using WideRow = __m512i;
inline WideQuery load_wide(const std::int16_t* from) { return load_bytes(from); }
inline WideRow wide_row(const Byte* from) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
inline Sums wide_step(Sums sums, WideQuery query, WideRow row) { return _mm512_dpwssd_epi32(sums, query, row); }

// A tile is the whole panel by all queries: sixteen sums in registers; two loads of rows and eight of queries give
// sixteen products.
constexpr std::size_t kPanelLanes = 16;
constexpr std::size_t kTileVectors = 2;
constexpr std::size_t kTileQueries = 8;
constexpr int kPanelQueryFactor = 0;
using PanelRows = __m512i;
using PanelQuery = __m512i;
using PanelSums = __m512i;
inline PanelRows panel_rows(const std::uint8_t* from) { return _mm512_loadu_si512(from); }
inline PanelQuery panel_query(const std::int8_t* from) {
  std::int32_t four;
  memcpy(&four, from, 4);
  return _mm512_set1_epi32(four);
}
inline PanelSums no_panel_sums() { return _mm512_setzero_si512(); }
inline PanelSums panel_step(PanelSums sums, PanelRows rows, PanelQuery query) {
  return _mm512_dpbusd_epi32(sums, rows, query);
}
inline void panel_store(std::int32_t* to, PanelSums sums, std::int32_t) { _mm512_storeu_si512(to, sums); }

inline unsigned near_rows(PanelSums sums, std::int32_t, const float* offsets, const float* errors,
                          const MatrixScreen& screen) {
  const __m512 without =
      _mm512_fnmadd_ps(_mm512_set1_ps(screen.slack), _mm512_loadu_ps(errors), _mm512_loadu_ps(offsets));
  const __m512 bound = _mm512_fmadd_ps(_mm512_set1_ps(screen.scale), _mm512_cvtepi32_ps(sums), without);
  return _mm512_cmp_ps_mask(bound, _mm512_set1_ps(screen.threshold), _CMP_LE_OQ);
}

// Transposes sixteen rows of sixteen words into sixteen lines of sixteen rows: interleaves the lanes of two rows by
// words, then of four rows by pairs of words, then gathers quarters of registers twice.
inline void transpose(__m512i* line) {
  __m512i pairs[16], fours[16];
  for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_epi32(line[i], line[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi32(line[i], line[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int half = 0; half < 2; ++half) {
      fours[i + half * 2] = _mm512_unpacklo_epi64(pairs[i + half], pairs[i + half + 2]);
      fours[i + half * 2 + 1] = _mm512_unpackhi_epi64(pairs[i + half], pairs[i + half + 2]);
    }
  }
  for (int word = 0; word < 4; ++word) {
    const __m512i low_even = _mm512_shuffle_i32x4(fours[word], fours[word + 4], 0x88);
    const __m512i low_odd = _mm512_shuffle_i32x4(fours[word], fours[word + 4], 0xdd);
    const __m512i high_even = _mm512_shuffle_i32x4(fours[word + 8], fours[word + 12], 0x88);
    const __m512i high_odd = _mm512_shuffle_i32x4(fours[word + 8], fours[word + 12], 0xdd);
    line[word] = _mm512_shuffle_i32x4(low_even, high_even, 0x88);
    line[word + 4] = _mm512_shuffle_i32x4(low_odd, high_odd, 0x88);
    line[word + 8] = _mm512_shuffle_i32x4(low_even, high_even, 0xdd);
    line[word + 12] = _mm512_shuffle_i32x4(low_odd, high_odd, 0xdd);
  }
}

// Packs a panel. The generic pack_panel(), which moves one word at a time, takes 40 to 60 ns for a row of 784 bytes;
// this takes 15 ns.
void pack_panel_lines(const void* rows, std::size_t stride, std::size_t count, std::size_t dims, std::uint8_t flip,
                      std::uint8_t* panel) {
  for (std::size_t from = 0; from < dims; from += 64) {
    const std::size_t left = dims - from < 64 ? dims - from : 64;
    const __mmask64 real = mask64(left);
    for (std::size_t first = 0; first < kPanelRows; first += 16) {
      __m512i line[16];
      for (std::size_t r = 0; r < 16; ++r) {
        const Byte* const row = static_cast<const Byte*>(rows) + (first + r) * stride + from;
        const __m512i flips = _mm512_maskz_set1_epi8(real, static_cast<char>(flip));
        line[r] =
            first + r < count ? _mm512_xor_si512(_mm512_maskz_loadu_epi8(real, row), flips) : _mm512_setzero_si512();
      }
      transpose(line);
      for (std::size_t word = 0; word < (left + 3) / 4; ++word) {
        _mm512_storeu_si512(panel + ((from / 4 + word) * kPanelRows + first) * 4, line[word]);
      }
    }
  }
}

// Hits are compressed in a register and stored as a whole vector: `found` never passes `first`, so the store stays
// within the caller's buffer. (A compressing store to memory takes some 140 cycles on Zen 4.)
constexpr std::size_t kHitLanes = 16;
inline std::size_t append_hits(const std::int32_t* dots, std::size_t first, std::size_t count, const Screen& screen,
                               std::size_t found, std::uint32_t* hits, float* bounds) {
  const __mmask16 live = mask16(count);
  const __m512 products = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(live, dots + first));
  const __m512 offsets =
      screen.offsets == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(live, screen.offsets + first);
  __m512 bound = _mm512_add_ps(offsets, _mm512_mul_ps(_mm512_set1_ps(screen.scale), products));
  if (screen.errors != nullptr) {
    const __m512 errors = _mm512_maskz_loadu_ps(live, screen.errors + first);
    bound = _mm512_sub_ps(bound, _mm512_mul_ps(_mm512_set1_ps(screen.slack), errors));
  }
  const __mmask16 near = _mm512_mask_cmp_ps_mask(live, bound, _mm512_set1_ps(screen.threshold), _CMP_LE_OQ);
  if (near == 0) return found;
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i indices = _mm512_add_epi32(lanes, _mm512_set1_epi32(static_cast<int>(first)));
  _mm512_storeu_si512(hits + found, _mm512_maskz_compress_epi32(near, indices));
  _mm512_storeu_ps(bounds + found, _mm512_maskz_compress_ps(near, bound));
  return found + static_cast<std::size_t>(_mm_popcnt_u32(near));
}

template <std::size_t kBlocks>
inline void append_sums(const std::int32_t (*sums)[kBlockRows], const std::uint8_t* terms, std::size_t stride,
                        std::size_t rows, std::uint32_t place, CodeScan& scan) {
  __m512i blocks[kBlocks];
  for (std::size_t b = 0; b < kBlocks; ++b) blocks[b] = _mm512_loadu_si512(sums[b]);
  append_blocks<kBlocks>(blocks, terms, stride, rows, place, scan);
}

inline Range range_of(const float* values, std::size_t count) {
  __m512 least = _mm512_set1_ps(kInfinity);
  __m512 most = _mm512_set1_ps(-kInfinity);
  for (std::size_t i = 0; i < count; i += 16) {
    const __mmask16 live = count - i < 16 ? mask16(count - i) : static_cast<__mmask16>(0xffff);
    const __m512 chunk = _mm512_maskz_loadu_ps(live, values + i);
    least = _mm512_mask_min_ps(least, live, least, chunk);
    most = _mm512_mask_max_ps(most, live, most, chunk);
  }
  return {_mm512_reduce_min_ps(least), _mm512_reduce_max_ps(most)};
}

inline std::size_t count_within(const float* values, std::size_t count, float most) {
  const __m512 limit = _mm512_set1_ps(most);
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; i += 16) {
    const __mmask16 live = count - i < 16 ? mask16(count - i) : static_cast<__mmask16>(0xffff);
    const __m512 chunk = _mm512_maskz_loadu_ps(live, values + i);
    found += static_cast<std::size_t>(_mm_popcnt_u32(_mm512_mask_cmp_ps_mask(live, chunk, limit, _CMP_LE_OQ)));
  }
  return found;
}

inline std::size_t keep_within(float* values, std::uint32_t* numbers, std::size_t count, float most) {
  const __m512 limit = _mm512_set1_ps(most);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; i += 16) {
    const __mmask16 live = count - i < 16 ? mask16(count - i) : static_cast<__mmask16>(0xffff);
    const __m512 chunk = _mm512_maskz_loadu_ps(live, values + i);
    const __m512i their = _mm512_maskz_loadu_epi32(live, numbers + i);
    const __mmask16 near = _mm512_mask_cmp_ps_mask(live, chunk, limit, _CMP_LE_OQ);
    _mm512_storeu_ps(values + kept, _mm512_maskz_compress_ps(near, chunk));
    _mm512_storeu_si512(numbers + kept, _mm512_maskz_compress_epi32(near, their));
    kept += static_cast<std::size_t>(_mm_popcnt_u32(near));
  }
  return kept;
}
