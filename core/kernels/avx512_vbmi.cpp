// AVX-512 with VNNI, VBMI and VPOPCNTDQ: Ice Lake, Zen 4 and later. Same as avx512.cpp, except that bytes are looked up
// across a register, and that the processor counts bits itself.
#include <immintrin.h>
#include <string.h>

#include "kernels/kernel_sets.h"

namespace nearabout::kernels::avx512_vbmi {
namespace {

#include "kernels/generic/avx512.inl"

// The line is transposed so that the four codes of one row are adjacent and one instruction sums them in 32 bits.
constexpr std::size_t kCodeBlocks = 4;
constexpr std::size_t kCodeQueries = 2;
struct CodeLine {
  __m512i low, high;  // the 4-bit code, and above it the number of the table (of four) to look it up in
};
struct CodeTables {
  __m512i low, high;
};
using CodeSums = __m512i;
struct ByteOrder {
  Byte place[64];
};
constexpr ByteOrder make_rows_from_columns() {
  ByteOrder order = {};
  for (int r = 0; r < 16; ++r)
    for (int t = 0; t < 4; ++t) order.place[r * 4 + t] = static_cast<Byte>(t * 16 + r);
  return order;
}
alignas(64) constexpr ByteOrder kRowsFromColumns = make_rows_from_columns();

inline CodeLine code_line(const std::uint8_t* from) {
  const __m512i half = _mm512_set1_epi8(0x0f);
  const __m512i which = _mm512_set1_epi32(0x30201000);
  const __m512i codes = _mm512_permutexvar_epi8(_mm512_load_si512(kRowsFromColumns.place), _mm512_loadu_si512(from));
  constexpr int kAndOr = 0xea;  // (a & b) | c
  return {_mm512_ternarylogic_epi32(codes, half, which, kAndOr),
          _mm512_ternarylogic_epi32(_mm512_srli_epi16(codes, 4), half, which, kAndOr)};
}
inline CodeTables code_tables(const std::int8_t* from) {
  return {_mm512_loadu_si512(from), _mm512_loadu_si512(from + 64)};
}
inline CodeSums no_code_sums() { return _mm512_setzero_si512(); }
inline CodeSums code_step(CodeSums sums, CodeLine line, CodeTables tables) {
  const __m512i pairs =
      _mm512_add_epi8(_mm512_permutexvar_epi8(line.low, tables.low), _mm512_permutexvar_epi8(line.high, tables.high));
  return _mm512_dpbusd_epi32(sums, _mm512_set1_epi8(1), pairs);
}
template <std::size_t kBlocks>
inline void append_tile(const CodeSums* sums, const std::uint8_t* terms, std::size_t stride, std::size_t rows,
                        std::uint32_t place, std::size_t, CodeScan& scan) {
  append_blocks<kBlocks>(sums, terms, stride, rows, place, scan);
}

// Words of eight rows.
constexpr std::size_t kCountRows = 8;
using BitCounts = __m512i;
inline BitCounts no_bit_counts() { return _mm512_setzero_si512(); }
inline BitCounts count_bits(BitCounts counts, const std::uint64_t* rows, const std::uint64_t* query) {
  const __m512i bits = _mm512_xor_si512(_mm512_loadu_si512(rows), _mm512_set1_epi64(static_cast<long long>(*query)));
  return _mm512_add_epi64(counts, _mm512_popcnt_epi64(bits));
}
inline unsigned near_counts(BitCounts counts, std::uint32_t most) {
  return _mm512_cmple_epu64_mask(counts, _mm512_set1_epi64(most));
}
inline void store_counts(std::uint64_t* to, BitCounts counts) { _mm512_storeu_si512(to, counts); }

// clang-format off
#include "kernels/generic/byte_steps.inl"
#include "kernels/generic/all.inl"
// clang-format on

}  // namespace

const Table table = {
    "avx512_vbmi", kReal<F32>,
    kReal<F16>,    kReal<BF16>,
    kReal<U8>,     kReal<I8>,
    kIntegerU8,    kIntegerI8,
    kBits,         {screen_rows, wide_rows, pack_panel_lines, panel_dots, screen_hits, panel_dots, local_bytes},
    project,       {fill_tables, scan_codes, scan_bytes, scan_long, keep_least},
    {matrix_hits}, nearest_columns,
    kBlockKernels};

}  // namespace nearabout::kernels::avx512_vbmi
