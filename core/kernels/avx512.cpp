// AVX-512 with VNNI: Cascade Lake and later. Compiled with F, BW, DQ, VL and VNNI.
#include <immintrin.h>
#include <string.h>

#include "kernels/kernel_sets.h"

namespace nearabout::kernels::avx512 {
namespace {

#include "kernels/generic/avx512.inl"

// One line at once: each quarter of the register is the table of one of four codes.
constexpr std::size_t kCodeBlocks = 4;
constexpr std::size_t kCodeQueries = 1;
struct CodeLine {
  __m512i low, high;
};
using CodeTables = CodeLine;
struct CodeSums {
  __m512i both, odd;  // 16-bit sums: those of even rows plus 256 times those of odd rows, and those of odd rows alone
};
inline CodeLine code_line(const std::uint8_t* from) {
  const __m512i half = _mm512_set1_epi8(0x0f);
  const __m512i codes = _mm512_loadu_si512(from);
  return {_mm512_and_si512(codes, half), _mm512_and_si512(_mm512_srli_epi16(codes, 4), half)};
}
inline CodeTables code_tables(const std::int8_t* from) {
  const __m512i shift = _mm512_set1_epi8(kMaxEntry + 1);
  return {_mm512_add_epi8(_mm512_loadu_si512(from), shift), _mm512_add_epi8(_mm512_loadu_si512(from + 64), shift)};
}
inline CodeSums no_code_sums() { return {_mm512_setzero_si512(), _mm512_setzero_si512()}; }
inline CodeSums code_step(CodeSums sums, CodeLine line, CodeTables tables) {
  const __m512i pairs =
      _mm512_add_epi8(_mm512_shuffle_epi8(tables.low, line.low), _mm512_shuffle_epi8(tables.high, line.high));
  return {_mm512_add_epi16(sums.both, pairs), _mm512_add_epi16(sums.odd, _mm512_srli_epi16(pairs, 8))};
}
inline __m128i sum_quarters(__m512i sums) {
  const __m256i halves = _mm256_add_epi16(_mm512_castsi512_si256(sums), _mm512_extracti64x4_epi64(sums, 1));
  return _mm_add_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
}
template <std::size_t kBlocks>
inline void append_tile(const CodeSums* sums, const std::uint8_t* terms, std::size_t stride, std::size_t rows,
                        std::uint32_t place, std::size_t lines, CodeScan& scan) {
  const __m512i shift = _mm512_set1_epi32(static_cast<int>(lines * kLineCodes) * (kMaxEntry + 1));
  __m512i whole[kBlocks];
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const __m128i odd = sum_quarters(sums[b].odd);
    const __m128i even = sum_quarters(_mm512_sub_epi16(sums[b].both, _mm512_slli_epi16(sums[b].odd, 8)));
    const __m256i words = _mm256_set_m128i(_mm_unpackhi_epi16(even, odd), _mm_unpacklo_epi16(even, odd));
    whole[b] = _mm512_sub_epi32(_mm512_cvtepu16_epi32(words), shift);
  }
  append_blocks<kBlocks>(whole, terms, stride, rows, place, scan);
}

// Words of eight rows. Counts stay in bytes until the end: kMaxCodeWords words have at most 128 bits a byte.
constexpr std::size_t kCountRows = 8;
using BitCounts = __m512i;
inline BitCounts no_bit_counts() { return _mm512_setzero_si512(); }
inline BitCounts count_bits(BitCounts counts, const std::uint64_t* rows, const std::uint64_t* query) {
  const __m512i bits = _mm512_xor_si512(_mm512_loadu_si512(rows), _mm512_set1_epi64(static_cast<long long>(*query)));
  return _mm512_add_epi8(counts, counts_of_bytes(bits));
}
inline __m512i row_counts(BitCounts counts) { return _mm512_sad_epu8(counts, _mm512_setzero_si512()); }
inline unsigned near_counts(BitCounts counts, std::uint32_t most) {
  return _mm512_cmple_epu64_mask(row_counts(counts), _mm512_set1_epi64(most));
}
inline void store_counts(std::uint64_t* to, BitCounts counts) { _mm512_storeu_si512(to, row_counts(counts)); }

// clang-format off
#include "kernels/generic/byte_steps.inl"
#include "kernels/generic/all.inl"
// clang-format on

}  // namespace

const Table table = {
    "avx512",      kReal<F32>,
    kReal<F16>,    kReal<BF16>,
    kReal<U8>,     kReal<I8>,
    kIntegerU8,    kIntegerI8,
    kBits,         {screen_rows, wide_rows, pack_panel_lines, panel_dots, screen_hits, panel_dots, local_bytes},
    project,       {fill_tables, scan_codes, scan_bytes, scan_long, keep_least},
    {matrix_hits}, nearest_columns,
    kBlockKernels};

}  // namespace nearabout::kernels::avx512
