// NEON with the products of unsigned and signed bytes of I8MM: Neoverse V1 and N2, Apple M2, and later. Same as
// neon_dot.cpp, but rows need not be moved to signed bytes.
#include <arm_neon.h>
#include <string.h>

#include "kernels/kernel_sets.h"

namespace nearabout::kernels::neon_i8mm {
namespace {

// clang-format off
#include "kernels/generic/neon.inl"
#include "kernels/generic/neon_dots.inl"
// clang-format on

struct DotU8S8 {
  static constexpr Byte kRowFlip = 0;
  static constexpr int kQueryFactor = 0;
  static constexpr bool kUnsigned = false;
  static Sums step(Sums sums, Bytes query, Bytes row) {
    return vreinterpretq_u32_s32(vusdotq_s32(vreinterpretq_s32_u32(sums), row, vreinterpretq_s8_u8(query)));
  }
};

constexpr int kPanelQueryFactor = 0;
using PanelRows = uint8x16_t;
inline PanelRows panel_rows(const std::uint8_t* from) { return load_16(from); }
inline PanelSums panel_step(PanelSums sums, PanelRows rows, PanelQuery query) { return vusdotq_s32(sums, rows, query); }
inline void panel_store(std::int32_t* to, PanelSums sums, std::int32_t) { vst1q_s32(to, sums); }

inline unsigned near_rows(PanelSums sums, std::int32_t, const float* offsets, const float* errors,
                          const MatrixScreen& screen) {
  return near_four(sums, offsets, errors, screen);
}

// clang-format off
#include "kernels/generic/byte_steps.inl"
#include "kernels/generic/all.inl"
// clang-format on

}  // namespace

const Table table = {
    "neon_i8mm",   kReal<F32>,
    kReal<F16>,    kReal<BF16>,
    kReal<U8>,     kReal<I8>,
    kIntegerU8,    kIntegerI8,
    kBits,         {screen_rows, wide_rows, pack_panel, panel_dots, screen_hits, panel_dots, local_bytes},
    project,       {fill_tables, scan_codes, scan_bytes, scan_long, keep_least},
    {matrix_hits}, nearest_columns,
    kBlockKernels};

}  // namespace nearabout::kernels::neon_i8mm
