// AVX2 with FMA and F16C: Haswell, Zen and later.
#include <immintrin.h>
#include <string.h>

#include "kernels/kernel_sets.h"

namespace nearabout::kernels::avx2 {
namespace {

#include "kernels/generic/tags.inl"

inline void prefetch(const Byte* at) { _mm_prefetch(reinterpret_cast<const char*>(at), _MM_HINT_T0); }

struct Doubles {
  __m256d low, high;
};
inline Doubles zero() { return {_mm256_setzero_pd(), _mm256_setzero_pd()}; }
inline Doubles add(Doubles a, Doubles b) { return {_mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high)}; }
inline Doubles subtract(Doubles a, Doubles b) { return {_mm256_sub_pd(a.low, b.low), _mm256_sub_pd(a.high, b.high)}; }
inline Doubles absolute(Doubles a) {
  const __m256d sign = _mm256_set1_pd(-0.0);
  return {_mm256_andnot_pd(sign, a.low), _mm256_andnot_pd(sign, a.high)};
}
inline Doubles multiply_add(Doubles a, Doubles b, Doubles sum) {
  return {_mm256_fmadd_pd(a.low, b.low, sum.low), _mm256_fmadd_pd(a.high, b.high, sum.high)};
}
inline Doubles keep(Doubles a, const std::int64_t* mask) {
  const __m256i* const four = reinterpret_cast<const __m256i*>(mask);
  return {_mm256_and_pd(a.low, _mm256_castsi256_pd(_mm256_loadu_si256(four))),
          _mm256_and_pd(a.high, _mm256_castsi256_pd(_mm256_loadu_si256(four + 1)))};
}
inline double total(Doubles a) {
  const __m256d four = _mm256_add_pd(a.low, a.high);
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}
inline double square_root(double value) { return _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set_sd(value))); }

inline Doubles widen_floats(__m256 floats) {
  return {_mm256_cvtps_pd(_mm256_castps256_ps128(floats)), _mm256_cvtps_pd(_mm256_extractf128_ps(floats, 1))};
}
inline Doubles widen_integers(__m256i integers) { return widen_floats(_mm256_cvtepi32_ps(integers)); }
inline __m128i load_16(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }
inline __m128i load_8(const void* from) { return _mm_loadl_epi64(static_cast<const __m128i*>(from)); }

inline Doubles load(F64, const void* from) {
  const double* const doubles = static_cast<const double*>(from);
  return {_mm256_loadu_pd(doubles), _mm256_loadu_pd(doubles + 4)};
}
inline Doubles load(F32, const void* from) { return widen_floats(_mm256_loadu_ps(static_cast<const float*>(from))); }
inline Doubles load(F16, const void* from) { return widen_floats(_mm256_cvtph_ps(load_16(from))); }
inline Doubles load(BF16, const void* from) {
  return widen_floats(_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load_16(from)), 16)));
}
inline Doubles load(U8, const void* from) { return widen_integers(_mm256_cvtepu8_epi32(load_8(from))); }
inline Doubles load(I8, const void* from) { return widen_integers(_mm256_cvtepi8_epi32(load_8(from))); }

constexpr std::size_t kProjectedTogether = 6;
struct Floats {
  __m256 low, high;
};
inline Floats no_floats() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
inline Floats load_floats(const float* from) { return {_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)}; }
inline Floats every_float(float value) { return {_mm256_set1_ps(value), _mm256_set1_ps(value)}; }
inline Floats add_floats(Floats a, Floats b) { return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)}; }
inline Floats subtract_floats(Floats a, Floats b) {
  return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}
inline Floats absolute_floats(Floats a) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_andnot_ps(sign, a.low), _mm256_andnot_ps(sign, a.high)};
}
inline Floats larger_floats(Floats a, Floats b) { return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)}; }
inline unsigned floats_within(Floats floats, float limit) {
  const __m256 every = _mm256_set1_ps(limit);
  const int low = _mm256_movemask_ps(_mm256_cmp_ps(floats.low, every, _CMP_LE_OQ));
  const int high = _mm256_movemask_ps(_mm256_cmp_ps(floats.high, every, _CMP_LE_OQ));
  return static_cast<unsigned>(low) | static_cast<unsigned>(high) << 8;
}
inline unsigned least_floats(Floats floats) {
  const __m256 eight = _mm256_min_ps(floats.low, floats.high);
  const __m128 four = _mm_min_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_min_ps(four, _mm_movehl_ps(four, four));
  return floats_within(floats, _mm_cvtss_f32(_mm_min_ss(two, _mm_shuffle_ps(two, two, 1))));
}
inline Floats multiply_add_floats(Floats a, Floats b, Floats sum) {
  return {_mm256_fmadd_ps(a.low, b.low, sum.low), _mm256_fmadd_ps(a.high, b.high, sum.high)};
}
constexpr std::size_t kNearestTogether = 2;
inline void keep_greater(Floats& greatest, Floats& places, Floats values, Floats place) {
  const __m256 low = _mm256_cmp_ps(values.low, greatest.low, _CMP_GT_OQ);
  const __m256 high = _mm256_cmp_ps(values.high, greatest.high, _CMP_GT_OQ);
  greatest = {_mm256_blendv_ps(greatest.low, values.low, low), _mm256_blendv_ps(greatest.high, values.high, high)};
  places = {_mm256_blendv_ps(places.low, place.low, low), _mm256_blendv_ps(places.high, place.high, high)};
}
inline Floats multiply_floats(Floats a, Floats b) {
  return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}
inline void store_rounded(std::int8_t* to, Floats floats) {
  const __m256i words = _mm256_packs_epi32(_mm256_cvtps_epi32(floats.low), _mm256_cvtps_epi32(floats.high));
  const __m256i ordered = _mm256_permute4x64_epi64(words, 0xd8);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                   _mm_packs_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1)));
}
inline void store_floats(float* to, Floats floats) {
  _mm256_storeu_ps(to, floats.low);
  _mm256_storeu_ps(to + 8, floats.high);
}

constexpr std::size_t kBytes = 32;
using Bytes = __m256i;
using Sums = __m256i;
inline Bytes load_bytes(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
inline Bytes every_byte(Byte value) { return _mm256_set1_epi8(static_cast<char>(value)); }
inline Bytes exclusive_or(Bytes a, Bytes b) { return _mm256_xor_si256(a, b); }
inline Bytes both(Bytes a, Bytes b) { return _mm256_and_si256(a, b); }
inline Bytes either(Bytes a, Bytes b) { return _mm256_or_si256(a, b); }

inline Sums no_sums() { return _mm256_setzero_si256(); }
inline std::uint32_t total(Sums sums) {
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1))));
}

// Splits bytes into 16-bit halves of their pairs: those at even positions and those at odd ones. maddubs would multiply
// bytes directly, but it sums two products in 16 bits with saturation, which 255 * 127 * 2 exceeds; madd sums them in
// 32 bits.
inline __m256i even_unsigned(__m256i bytes) { return _mm256_and_si256(bytes, _mm256_set1_epi16(0x00ff)); }
inline __m256i odd_unsigned(__m256i bytes) { return _mm256_srli_epi16(bytes, 8); }
inline __m256i even_signed(__m256i bytes) { return _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8); }
inline __m256i odd_signed(__m256i bytes) { return _mm256_srai_epi16(bytes, 8); }
inline Sums add_products(Sums sums, __m256i even_a, __m256i odd_a, __m256i even_b, __m256i odd_b) {
  const __m256i products = _mm256_add_epi32(_mm256_madd_epi16(even_a, even_b), _mm256_madd_epi16(odd_a, odd_b));
  return _mm256_add_epi32(sums, products);
}

inline Sums add_squares(Sums sums, Bytes a, Bytes b) {
  const __m256i difference = _mm256_sub_epi8(_mm256_max_epu8(a, b), _mm256_min_epu8(a, b));
  const __m256i even = even_unsigned(difference);
  const __m256i odd = odd_unsigned(difference);
  return add_products(sums, even, odd, even, odd);
}
inline Sums add_differences(Sums sums, Bytes a, Bytes b) { return _mm256_add_epi32(sums, _mm256_sad_epu8(a, b)); }
// Returns the numbers of bits set in each byte, looked up half a byte at a time in registers (Mula, Kurz and Lemire,
// "Faster population counts using AVX2", 2018).
inline __m256i counts_of_bytes(__m256i bytes) {
  const __m256i low = _mm256_set1_epi8(0x0f);
  const __m256i table = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  return _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(bytes, low)),
                         _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low)));
}
inline Sums add_bits(Sums sums, Bytes bytes) {
  return _mm256_add_epi32(sums, _mm256_sad_epu8(counts_of_bytes(bytes), _mm256_setzero_si256()));
}

// Words of four rows. Counts stay in bytes until the end: kMaxCodeWords words have at most 128 bits a byte.
constexpr std::size_t kCountRows = 4;
using BitCounts = __m256i;
inline BitCounts no_bit_counts() { return _mm256_setzero_si256(); }
inline BitCounts count_bits(BitCounts counts, const std::uint64_t* rows, const std::uint64_t* query) {
  const __m256i bits = _mm256_xor_si256(load_bytes(rows), _mm256_set1_epi64x(static_cast<long long>(*query)));
  return _mm256_add_epi8(counts, counts_of_bytes(bits));
}
inline __m256i row_counts(BitCounts counts) { return _mm256_sad_epu8(counts, _mm256_setzero_si256()); }
inline unsigned near_counts(BitCounts counts, std::uint32_t most) {
  const __m256i far = _mm256_cmpgt_epi64(row_counts(counts), _mm256_set1_epi64x(most));
  return ~static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(far))) & 0xfu;
}
inline void store_counts(std::uint64_t* to, BitCounts counts) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), row_counts(counts));
}

struct DotU8U8 {
  static constexpr Byte kRowFlip = 0;
  static constexpr int kQueryFactor = 0;
  static constexpr bool kUnsigned = true;
  static Sums step(Sums sums, Bytes query, Bytes row) {
    return add_products(sums, even_unsigned(query), odd_unsigned(query), even_unsigned(row), odd_unsigned(row));
  }
};
struct DotI8I8 {
  static constexpr Byte kRowFlip = 0;
  static constexpr int kQueryFactor = 0;
  static constexpr bool kUnsigned = false;
  static Sums step(Sums sums, Bytes query, Bytes row) {
    return add_products(sums, even_signed(query), odd_signed(query), even_signed(row), odd_signed(row));
  }
};
struct DotU8S8 {
  static constexpr Byte kRowFlip = 0;
  static constexpr int kQueryFactor = 0;
  static constexpr bool kUnsigned = false;
  static Sums step(Sums sums, Bytes query, Bytes row) {
    return add_products(sums, even_signed(query), odd_signed(query), even_unsigned(row), odd_unsigned(row));
  }
};

constexpr std::size_t kWideLanes = 16;
using WideQuery = __m256i;
using WideRow = __m256i;
inline WideQuery load_wide(const std::int16_t* from) { return load_bytes(from); }
inline WideRow wide_row(const Byte* from) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
inline Sums wide_step(Sums sums, WideQuery query, WideRow row) {
  return _mm256_add_epi32(sums, _mm256_madd_epi16(query, row));
}

// A tile is sixteen rows by four queries: eight sums and four halves of rows fill most of the sixteen registers.
constexpr std::size_t kPanelLanes = 8;
constexpr std::size_t kTileVectors = 2;
constexpr std::size_t kTileQueries = 4;
constexpr int kPanelQueryFactor = 0;
struct PanelRows {
  __m256i even, odd;
};
using PanelQuery = PanelRows;
using PanelSums = __m256i;
inline PanelRows panel_rows(const std::uint8_t* from) {
  const __m256i bytes = load_bytes(from);
  return {even_unsigned(bytes), odd_unsigned(bytes)};
}
inline PanelQuery panel_query(const std::int8_t* from) {
  std::int32_t four;
  memcpy(&four, from, 4);
  const __m256i bytes = _mm256_set1_epi32(four);
  return {even_signed(bytes), odd_signed(bytes)};
}
inline PanelSums no_panel_sums() { return _mm256_setzero_si256(); }
inline PanelSums panel_step(PanelSums sums, PanelRows rows, PanelQuery query) {
  return add_products(sums, rows.even, rows.odd, query.even, query.odd);
}
inline void panel_store(std::int32_t* to, PanelSums sums, std::int32_t) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), sums);
}

inline unsigned near_rows(PanelSums sums, std::int32_t, const float* offsets, const float* errors,
                          const MatrixScreen& screen) {
  const __m256 without =
      _mm256_fnmadd_ps(_mm256_set1_ps(screen.slack), _mm256_loadu_ps(errors), _mm256_loadu_ps(offsets));
  const __m256 bound = _mm256_fmadd_ps(_mm256_set1_ps(screen.scale), _mm256_cvtepi32_ps(sums), without);
  const __m256 near = _mm256_cmp_ps(bound, _mm256_set1_ps(screen.threshold), _CMP_LE_OQ);
  return static_cast<unsigned>(_mm256_movemask_ps(near));
}

#include "kernels/generic/parts.inl"
// After the former:
#include "kernels/generic/avx2_hits.inl"

// Half a line at once: each half of a register is the table of one code. Entries are shifted to be unsigned, so that
// the sums of even and odd rows can be separated in 16 bits.
constexpr std::size_t kCodeBlocks = 2;
constexpr std::size_t kCodeQueries = 1;
struct CodeLine {
  __m256i low[2], high[2];
};
struct CodeTables {
  const std::int8_t* entries;
};
struct CodeSums {
  __m256i both, odd;  // 16-bit sums: those of even rows plus 256 times those of odd rows, and those of odd rows alone
};
inline CodeLine code_line(const std::uint8_t* from) {
  const __m256i half = _mm256_set1_epi8(0x0f);
  const __m256i front = load_bytes(from);
  const __m256i back = load_bytes(from + 32);
  return {{_mm256_and_si256(front, half), _mm256_and_si256(back, half)},
          {_mm256_and_si256(_mm256_srli_epi16(front, 4), half), _mm256_and_si256(_mm256_srli_epi16(back, 4), half)}};
}
inline CodeTables code_tables(const std::int8_t* from) { return {from}; }
inline CodeSums no_code_sums() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
inline CodeSums code_step(CodeSums sums, CodeLine line, CodeTables tables) {
  const __m256i sign = _mm256_set1_epi8(-128);  // adds 128: 64 for each of two entries
  for (int h = 0; h < 2; ++h) {
    const __m256i low = _mm256_shuffle_epi8(load_bytes(tables.entries + h * 32), line.low[h]);
    const __m256i high = _mm256_shuffle_epi8(load_bytes(tables.entries + 64 + h * 32), line.high[h]);
    const __m256i pairs = _mm256_xor_si256(_mm256_add_epi8(low, high), sign);
    sums.both = _mm256_add_epi16(sums.both, pairs);
    sums.odd = _mm256_add_epi16(sums.odd, _mm256_srli_epi16(pairs, 8));
  }
  return sums;
}
inline __m128i sum_halves(__m256i sums) {
  return _mm_add_epi16(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}
// Two products of a byte with one of at most kMaxQueryByte fit in 16 bits.
using ByteLine = __m256i;
using ByteQuery = __m256i;
inline ByteLine byte_line(const std::uint8_t* from) { return load_bytes(from); }
inline ByteQuery byte_query(const std::int8_t* from) {
  std::int32_t four;
  memcpy(&four, from, 4);
  return _mm256_set1_epi32(four);
}
inline PanelSums byte_step(PanelSums sums, ByteLine line, ByteQuery query) {
  const __m256i pairs = _mm256_maddubs_epi16(line, query);
  return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

template <std::size_t kBlocks>
inline void append_tile(const CodeSums* sums, const std::uint8_t* terms, std::size_t stride, std::size_t rows,
                        std::uint32_t place, std::size_t lines, CodeScan& scan) {
  const __m256i shift = _mm256_set1_epi32(static_cast<int>(lines * kLineCodes * 64));
  __m256i halves[kBlocks][2];
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const __m128i odd = sum_halves(sums[b].odd);
    const __m128i even = sum_halves(_mm256_sub_epi16(sums[b].both, _mm256_slli_epi16(sums[b].odd, 8)));
    halves[b][0] = _mm256_sub_epi32(_mm256_cvtepu16_epi32(_mm_unpacklo_epi16(even, odd)), shift);
    halves[b][1] = _mm256_sub_epi32(_mm256_cvtepu16_epi32(_mm_unpackhi_epi16(even, odd)), shift);
  }
  append_blocks<kBlocks>(halves, terms, stride, rows, place, scan);
}
template <std::size_t kBlocks>
inline void append_sums(const std::int32_t (*sums)[kBlockRows], const std::uint8_t* terms, std::size_t stride,
                        std::size_t rows, std::uint32_t place, CodeScan& scan) {
  __m256i halves[kBlocks][2];
  for (std::size_t b = 0; b < kBlocks; ++b)
    for (std::size_t h = 0; h < 2; ++h) halves[b][h] = load_bytes(sums[b] + h * 8);
  append_blocks<kBlocks>(halves, terms, stride, rows, place, scan);
}

#include "kernels/generic/all.inl"
#include "kernels/generic/avx2_narrow.inl"

}  // namespace

const Table table = {
    "avx2",        kReal<F32>,
    kReal<F16>,    kReal<BF16>,
    kReal<U8>,     kReal<I8>,
    kIntegerU8,    kIntegerI8,
    kBits,         {screen_rows, wide_rows, pack_panel, panel_dots, screen_hits, narrow_panel_dots, local_bytes},
    project,       {fill_tables, scan_codes, scan_bytes, scan_long, keep_least},
    {matrix_hits}, nearest_columns,
    kBlockKernels};

}  // namespace nearabout::kernels::avx2
