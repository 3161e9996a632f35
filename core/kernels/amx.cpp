// The matrix unit of Intel's server processors, AMX with 8-bit tiles: Sapphire Rapids and later. All other kernels are
// those of avx512_vbmi.cpp (no file of an instruction set needs another one).
#include <immintrin.h>
#include <string.h>

#include "kernels/kernel_sets.h"

namespace nearabout::kernels::amx {
namespace {

struct TileShapes;

// GCC's tile intrinsics take literals only, and do not say that they read and write memory.
#if defined(__GNUC__)
struct Tile {
  static void configure(const TileShapes& shapes) { __asm__ volatile("ldtilecfg (%0)" ::"r"(&shapes) : "memory"); }
  static void release() { __asm__ volatile("tilerelease"); }
  template <int kTile>
  static void zero() {
    __asm__ volatile("tilezero %%tmm%c0" ::"i"(kTile));
  }
  template <int kTile>
  static void load(const void* from, std::size_t stride) {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(kTile) : "memory");
  }
  template <int kTile>
  static void store(void* to, std::size_t stride) {
    __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(stride), "i"(kTile) : "memory");
  }
  template <int kSums, int kQueries, int kRows>
  static void multiply() {
    __asm__ volatile("tdpbsud %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSums), "i"(kQueries), "i"(kRows));
  }
};
#else
struct Tile {
  static void configure(const TileShapes& shapes) { _tile_loadconfig(&shapes); }
  static void release() { _tile_release(); }
  template <int kTile>
  static void zero() {
    _tile_zero(kTile);
  }
  template <int kTile>
  static void load(const void* from, std::size_t stride) {
    _tile_loadd(kTile, from, static_cast<int>(stride));
  }
  template <int kTile>
  static void store(void* to, std::size_t stride) {
    _tile_stored(kTile, to, static_cast<int>(stride));
  }
  template <int kSums, int kQueries, int kRows>
  static void multiply() {
    _tile_dpbsud(kSums, kQueries, kRows);
  }
};
#endif

inline std::uint32_t near_of(const std::int32_t* dots, const float* offsets, const float* errors,
                             const MatrixScreen& screen) {
  const __m512 without =
      _mm512_fnmadd_ps(_mm512_set1_ps(screen.slack), _mm512_loadu_ps(errors), _mm512_loadu_ps(offsets));
  const __m512 bound =
      _mm512_fmadd_ps(_mm512_set1_ps(screen.scale), _mm512_cvtepi32_ps(_mm512_load_si512(dots)), without);
  return _mm512_cmp_ps_mask(bound, _mm512_set1_ps(screen.threshold), _CMP_LE_OQ);
}

#include "kernels/generic/avx512_estimates.inl"

inline void append_pair(const std::int32_t* const* dots, const std::uint8_t* terms, std::size_t stride,
                        std::size_t rows, std::uint32_t place, CodeScan& scan) {
  const __m512i correction = _mm512_set1_epi32(scan.correction);
  const __m512i sums[2] = {_mm512_sub_epi32(_mm512_load_si512(dots[0]), correction),
                           _mm512_sub_epi32(_mm512_load_si512(dots[1]), correction)};
  if (rows > kBlockRows)
    append_blocks<2>(sums, terms, stride, rows, place, scan);
  else
    append_blocks<1>(sums, terms, stride, rows, place, scan);
}

// clang-format off
#include "kernels/generic/matrix_hits.inl"
#include "kernels/generic/tile_products.inl"
#include "kernels/generic/tile_matrix.inl"
#include "kernels/generic/tile_code_bytes.inl"
// clang-format on

void panel_dots(const std::uint8_t* panels, std::size_t panel_count, const std::int8_t* queries, std::size_t stride,
                std::size_t count, std::size_t dims, std::int32_t* out, std::size_t out_stride) {
  constexpr std::size_t kMinQueries = 4;  // with fewer, a tile is mostly empty
  if (count < kMinQueries)
    dots_of_few(panels, panel_count, queries, stride, count, dims, out, out_stride);
  else
    tile_panel_dots(panels, panel_count, queries, stride, count, dims, out, out_stride);
}

void scan_bytes(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, CodeScan* const* scans,
                std::size_t queries) {
  tile_scan_bytes(blocks, rows, lines, scans, queries, scan_few);
}

}  // namespace

PanelDots dots_of_few = nullptr;
ScanCodes scan_few = nullptr;
const Kernels kernels = {panel_dots, scan_bytes, tile_hits};

}  // namespace nearabout::kernels::amx
