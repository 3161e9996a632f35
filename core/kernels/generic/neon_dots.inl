// Sums of bytes by the dot products of ARMv8.2-A.

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
