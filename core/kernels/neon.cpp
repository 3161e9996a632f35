// NEON as on every ARMv8-A processor.
#include <arm_neon.h>
#include <string.h>

#include "kernels/kernel_sets.h"

namespace nearabout::kernels::neon {
namespace {

#include "kernels/generic/neon.inl"

// Adds products of bytes, which fit 16 bits, in pairs to 32-bit sums.
inline Sums add_unsigned(Sums sums, Bytes a, Bytes b) {
  const Sums low = vpadalq_u16(sums, vmull_u8(vget_low_u8(a), vget_low_u8(b)));
  return vpadalq_u16(low, vmull_high_u8(a, b));
}
inline Sums add_signed(Sums sums, Bytes a, Bytes b) {
  const int8x16_t x = vreinterpretq_s8_u8(a);
  const int8x16_t y = vreinterpretq_s8_u8(b);
  const int32x4_t low = vpadalq_s16(vreinterpretq_s32_u32(sums), vmull_s8(vget_low_s8(x), vget_low_s8(y)));
  return vreinterpretq_u32_s32(vpadalq_s16(low, vmull_high_s8(x, y)));
}
inline Sums add_squares(Sums sums, Bytes a, Bytes b) {
  const Bytes difference = vabdq_u8(a, b);
  return add_unsigned(sums, difference, difference);
}

struct DotU8U8 {
  static constexpr Byte kRowFlip = 0;
  static constexpr int kQueryFactor = 0;
  static constexpr bool kUnsigned = true;
  static Sums step(Sums sums, Bytes query, Bytes row) { return add_unsigned(sums, query, row); }
};
struct DotI8I8 {
  static constexpr Byte kRowFlip = 0;
  static constexpr int kQueryFactor = 0;
  static constexpr bool kUnsigned = false;
  static Sums step(Sums sums, Bytes query, Bytes row) { return add_signed(sums, query, row); }
};
struct DotU8S8 {  // query (row - 128): ARMv8.0 has no product of unsigned and signed bytes
  static constexpr Byte kRowFlip = 0x80;
  static constexpr int kQueryFactor = 128;
  static constexpr bool kUnsigned = false;
  static Sums step(Sums sums, Bytes query, Bytes row) { return add_signed(sums, query, row); }
};

// Two sums per row, one for each pair of dimensions, until the end. A tile is sixteen rows by two queries: sixteen
// registers of sums.
constexpr std::size_t kPanelLanes = 4;
constexpr std::size_t kTileVectors = 4;
constexpr std::size_t kTileQueries = 2;
constexpr int kPanelQueryFactor = 128;
using PanelRows = int8x16_t;
using PanelQuery = int8x8_t;
struct PanelSums {
  int32x4_t low, high;
};
inline PanelRows panel_rows(const std::uint8_t* from) {
  return vreinterpretq_s8_u8(veorq_u8(load_16(from), vdupq_n_u8(0x80)));
}
inline PanelQuery panel_query(const std::int8_t* from) {
  std::uint32_t four;
  memcpy(&four, from, 4);
  return vreinterpret_s8_u32(vdup_n_u32(four));
}
inline PanelSums no_panel_sums() { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
inline PanelSums panel_step(PanelSums sums, PanelRows rows, PanelQuery query) {
  return {vpadalq_s16(sums.low, vmull_s8(vget_low_s8(rows), query)),
          vpadalq_s16(sums.high, vmull_s8(vget_high_s8(rows), query))};
}
inline void panel_store(std::int32_t* to, PanelSums sums, std::int32_t missing) {
  vst1q_s32(to, vaddq_s32(vpaddq_s32(sums.low, sums.high), vdupq_n_s32(missing)));
}

inline unsigned near_rows(PanelSums sums, std::int32_t missing, const float* offsets, const float* errors,
                          const MatrixScreen& screen) {
  return near_four(vaddq_s32(vpaddq_s32(sums.low, sums.high), vdupq_n_s32(missing)), offsets, errors, screen);
}

// clang-format off
#include "kernels/generic/byte_steps.inl"
#include "kernels/generic/all.inl"
// clang-format on

}  // namespace

const Table table = {
    "neon",        kReal<F32>,
    kReal<F16>,    kReal<BF16>,
    kReal<U8>,     kReal<I8>,
    kIntegerU8,    kIntegerI8,
    kBits,         {screen_rows, wide_rows, pack_panel, panel_dots, screen_hits, panel_dots, local_bytes},
    project,       {fill_tables, scan_codes, scan_bytes, scan_long, keep_least},
    {matrix_hits}, nearest_columns,
    kBlockKernels};

}  // namespace nearabout::kernels::neon
