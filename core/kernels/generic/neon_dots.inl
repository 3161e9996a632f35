// Sums of bytes by the dot products of ARMv8.2-A, and what their panels have in common.

inline Sums add_signed(Sums sums, Bytes a, Bytes b) {
  return vreinterpretq_u32_s32(vdotq_s32(vreinterpretq_s32_u32(sums), vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b)));
}
inline Sums add_squares(Sums sums, Bytes a, Bytes b) {
  const Bytes difference = vabdq_u8(a, b);
  return vdotq_u32(sums, difference, difference);
}

struct DotU8U8 {
  static constexpr Byte kRowFlip = 0;
  static constexpr int kQueryFactor = 0;
  static constexpr bool kUnsigned = true;
  static Sums step(Sums sums, Bytes query, Bytes row) { return vdotq_u32(sums, query, row); }
};
struct DotI8I8 {
  static constexpr Byte kRowFlip = 0;
  static constexpr int kQueryFactor = 0;
  static constexpr bool kUnsigned = false;
  static Sums step(Sums sums, Bytes query, Bytes row) { return add_signed(sums, query, row); }
};

// A tile is sixteen rows by four queries: sixteen sums in the thirty-two registers.
constexpr std::size_t kPanelLanes = 4;
constexpr std::size_t kTileVectors = 4;
constexpr std::size_t kTileQueries = 4;
using PanelQuery = int8x16_t;
using PanelSums = int32x4_t;
inline PanelQuery panel_query(const std::int8_t* from) {
  std::uint32_t four;
  memcpy(&four, from, 4);
  return vreinterpretq_s8_u32(vdupq_n_u32(four));
}
inline PanelSums no_panel_sums() { return vdupq_n_s32(0); }
