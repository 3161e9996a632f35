// The beginning of every instruction-set file: the byte type, and tags for the element types that select a load.

using Byte = unsigned char;

struct F64 {
  static constexpr std::size_t kBytes = 8;
};
struct F32 {
  static constexpr std::size_t kBytes = 4;
};
struct F16 {
  static constexpr std::size_t kBytes = 2;
};
struct BF16 {
  static constexpr std::size_t kBytes = 2;
};
struct U8 {
  static constexpr std::size_t kBytes = 1;
};
struct I8 {
  static constexpr std::size_t kBytes = 1;
};

constexpr float kInfinity = __builtin_huge_valf();
struct Range {
  float least, most;
};
