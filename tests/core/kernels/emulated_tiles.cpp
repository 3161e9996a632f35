// A matrix unit in plain C++, which notices what the real one would not forgive: tiles that are used before they are
// loaded, or without a configuration.
#include "kernels/emulated_tiles.h"

#include <algorithm>
#include <cstring>

#include "check.h"
#include "kernels/kernel_sets.h"

namespace nearabout::kernels {
namespace {

constexpr std::size_t kLineBytes64 = 64;
struct TileShapes;
struct TileRegister {
  bool set = false;
  std::size_t rows = 0, row_bytes = 0;
  std::uint8_t bytes[16 * kLineBytes64];

  std::uint8_t& at(std::size_t row, std::size_t byte) { return bytes[row * kLineBytes64 + byte]; }
};
struct Tile {
  inline static bool configured = false;
  inline static TileRegister registers[8];

  static void configure(const TileShapes& shapes);
  static void release() {
    CHECK(configured);
    configured = false;
  }
  template <int kTile>
  static void zero() {
    CHECK(configured);
    std::memset(registers[kTile].bytes, 0, sizeof registers[kTile].bytes);
    registers[kTile].set = true;
  }
  template <int kTile>
  static void load(const void* from, std::size_t stride) {
    zero<kTile>();
    TileRegister& tile = registers[kTile];
    for (std::size_t row = 0; row < tile.rows; ++row)
      std::memcpy(&tile.at(row, 0), static_cast<const std::uint8_t*>(from) + row * stride, tile.row_bytes);
  }
  template <int kTile>
  static void store(void* to, std::size_t stride) {
    TileRegister& tile = registers[kTile];
    CHECK(configured && tile.set);
    for (std::size_t row = 0; row < tile.rows; ++row)
      std::memcpy(static_cast<std::uint8_t*>(to) + row * stride, &tile.at(row, 0), tile.row_bytes);
  }
  template <int kSums, int kQueries, int kRows>
  static void multiply() {
    TileRegister& sums = registers[kSums];
    TileRegister& queries = registers[kQueries];
    TileRegister& rows = registers[kRows];
    CHECK(configured && sums.set && queries.set && rows.set);
    CHECK(sums.rows == queries.rows && sums.row_bytes == rows.row_bytes && queries.row_bytes == 4 * rows.rows);
    for (std::size_t q = 0; q < sums.rows; ++q)
      for (std::size_t r = 0; r < sums.row_bytes / 4; ++r) {
        std::int32_t sum;
        std::memcpy(&sum, &sums.at(q, 4 * r), 4);
        for (std::size_t j = 0; j < queries.row_bytes; ++j)
          sum += static_cast<std::int8_t>(queries.at(q, j)) * rows.at(j / 4, r * 4 + j % 4);
        std::memcpy(&sums.at(q, 4 * r), &sum, 4);
      }
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
#include "kernels/generic/estimates.inl"

inline void append_pair(const std::int32_t* const* dots, const std::uint8_t* terms, std::size_t stride,
                        std::size_t rows, std::uint32_t place, CodeScan& scan) {
  for (std::size_t first = 0; first < rows; first += kBlockRows) {
    std::int32_t sums[kBlockRows];
    for (std::size_t r = 0; r < kBlockRows; ++r) sums[r] = dots[first / kBlockRows][r] - scan.correction;
    append_estimates_singly(sums, terms + first / kBlockRows * stride, std::min(kBlockRows, rows - first),
                            place + static_cast<std::uint32_t>(first), scan);
  }
}

// clang-format off
#include "kernels/generic/matrix_hits.inl"
#include "kernels/generic/tile_products.inl"
#include "kernels/generic/tile_matrix.inl"
#include "kernels/generic/tile_code_bytes.inl"
// clang-format on

void scan_bytes(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, CodeScan* const* scans,
                std::size_t queries) {
  tile_scan_bytes(blocks, rows, lines, scans, queries, scalar::table.codes.scan_bytes);
}

void Tile::configure(const TileShapes& shapes) {
  CHECK(!configured);
  CHECK(shapes.palette == 1 && shapes.start == 0);
  configured = true;
  for (int tile = 0; tile < 8; ++tile) {
    CHECK(shapes.rows[tile] >= 1 && shapes.rows[tile] <= 16);
    CHECK(shapes.row_bytes[tile] >= 4 && shapes.row_bytes[tile] <= 64 && shapes.row_bytes[tile] % 4 == 0);
    registers[tile] = {};
    registers[tile].rows = shapes.rows[tile];
    registers[tile].row_bytes = shapes.row_bytes[tile];
  }
}

}  // namespace
}  // namespace nearabout::kernels

namespace nearabout::test {

TileKernels emulated_tiles() { return {kernels::tile_hits, kernels::tile_panel_dots, kernels::scan_bytes}; }

}  // namespace nearabout::test
