// NEON with the dot products of ARMv8.2-A: Cortex-A75, Neoverse N1, every 64-bit Mac, and later.
#include <arm_neon.h>
#include <string.h>

#include "kernels/kernel_sets.h"

namespace nearabout::kernels::neon_dot {
namespace {

// clang-format off
#include "kernels/generic/neon.inl"
#include "kernels/generic/neon_dots.inl"
// clang-format on

struct DotU8S8 {  // query (row - 128): the product of unsigned and signed bytes came later, with I8MM
  static constexpr Byte kRowFlip = 0x80;
  static constexpr int kQueryFactor = 128;
  static constexpr bool kUnsigned = false;
  static Sums step(Sums sums, Bytes query, Bytes row) { return add_signed(sums, query, row); }
};

constexpr int kPanelQueryFactor = 128;
using PanelRows = int8x16_t;
inline PanelRows panel_rows(const std::uint8_t* from) {
  return vreinterpretq_s8_u8(veorq_u8(load_16(from), vdupq_n_u8(0x80)));
}
inline PanelSums panel_step(PanelSums sums, PanelRows rows, PanelQuery query) { return vdotq_s32(sums, rows, query); }
inline void panel_store(std::int32_t* to, PanelSums sums, std::int32_t missing) {
  vst1q_s32(to, vaddq_s32(sums, vdupq_n_s32(missing)));
}

inline unsigned near_rows(PanelSums sums, std::int32_t missing, const float* offsets, const float* errors,
                          const MatrixScreen& screen) {
  return near_four(vaddq_s32(sums, vdupq_n_s32(missing)), offsets, errors, screen);
}

// clang-format off
#include "kernels/generic/byte_steps.inl"
#include "kernels/generic/all.inl"
// clang-format on

}  // namespace

const Table table = {
    "neon_dot",    kReal<F32>,
    kReal<F16>,    kReal<BF16>,
    kReal<U8>,     kReal<I8>,
    kIntegerU8,    kIntegerI8,
    kBits,         {screen_rows, wide_rows, pack_panel, panel_dots, screen_hits, panel_dots, local_bytes},
    project,       {fill_tables, scan_codes, scan_bytes, scan_long, keep_least},
    {matrix_hits}, nearest_columns,
    kBlockKernels};

}  // namespace nearabout::kernels::neon_dot
