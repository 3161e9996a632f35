// A matrix unit in plain C++, which notices what the real one would not forgive: tiles that are used before they are
// loaded, or without a configuration.
#include "kernels/emulated_tiles.h"

#include <cstring>

#include "check.h"

namespace nearabout::kernels {
namespace {

constexpr std::size_t kBytes = 16 * 64;
struct TileRegister {
  bool set = false;
  std::uint8_t bytes[kBytes];
};
struct Tile {
  inline static bool configured = false;
  inline static TileRegister registers[8];

  static void configure() {
    CHECK(!configured);
    configured = true;
    for (TileRegister& each : registers) each.set = false;
  }
  static void release() {
    CHECK(configured);
    configured = false;
  }
  template <int kTile>
  static void zero() {
    CHECK(configured);
    std::memset(registers[kTile].bytes, 0, kBytes);
    registers[kTile].set = true;
  }
  template <int kTile>
  static void load(const void* from, std::size_t stride) {
    CHECK(configured);
    for (std::size_t line = 0; line < 16; ++line)
      std::memcpy(registers[kTile].bytes + line * 64, static_cast<const std::uint8_t*>(from) + line * stride, 64);
    registers[kTile].set = true;
  }
  template <int kTile>
  static void store(void* to) {
    CHECK(configured && registers[kTile].set);
    std::memcpy(to, registers[kTile].bytes, kBytes);
  }
  template <int kSums, int kQueries, int kRows>
  static void multiply() {
    CHECK(configured && registers[kSums].set && registers[kQueries].set && registers[kRows].set);
    std::int32_t sums[16][16];
    std::memcpy(sums, registers[kSums].bytes, kBytes);
    for (std::size_t q = 0; q < 16; ++q)
      for (std::size_t r = 0; r < 16; ++r)
        for (std::size_t j = 0; j < 64; ++j)
          sums[q][r] += static_cast<std::int8_t>(registers[kQueries].bytes[q * 64 + j]) *
                        registers[kRows].bytes[j / 4 * 64 + r * 4 + j % 4];
    std::memcpy(registers[kSums].bytes, sums, kBytes);
  }
};

inline std::uint32_t near_of(const std::int32_t* dots, const float* offsets, const float* errors,
                             const MatrixScreen& screen) {
  std::uint32_t near = 0;
  for (std::size_t r = 0; r < 16; ++r) {
    const float bound = offsets[r] + screen.scale * static_cast<float>(dots[r]) - screen.slack * errors[r];
    near |= bound <= screen.threshold ? 1u << r : 0u;
  }
  return near;
}

using std::memcpy;
#include "kernels/generic/lowest_bit.inl"
#include "kernels/generic/tile_matrix.inl"

}  // namespace
}  // namespace nearabout::kernels

namespace nearabout::test {

kernels::MatrixKernels emulated_tiles() { return {kernels::tile_hits, kernels::tile_dots}; }

}  // namespace nearabout::test
