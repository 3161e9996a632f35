// Products of 16 queries by 64 bytes with 64 bytes by 16 rows on a unit that multiplies tiles. The same text runs on
// the unit (amx.cpp) and on an emulation of it in plain C++ (in the tests).
//
// Tile has, for tile registers known at compile time:
//   configure(shapes), release(): called before and after all others, by the same thread
//   zero<t>()
//   load<t>(from, stride), store<t>(to, stride): as many rows and bytes as the tile has, `stride` bytes apart
//   multiply<c, a, b>(): c += a b, with s8 in a and u8 in b, in which four bytes of one column are adjacent
//
// Results are two tiles, of 32 rows. Two pairs of them take turns, and results rest for a turn before they are compared
// (and another one before hits are taken): a load from memory that was just stored by tiles, or by sixteen masks, waits
// for all of it.

// The sizes of the eight tile registers (Intel SDM volume 1, section 18).
struct TileShapes {
  std::uint8_t palette = 1;
  std::uint8_t start = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

constexpr std::size_t kTileDots = 16 * 16;
constexpr std::size_t kTurns = 4;
constexpr std::size_t kResidentSteps = 3;  // tiles of queries that stay in registers

struct TileResults {
  alignas(64) std::int32_t dots[2][kTileDots];
  alignas(64) std::uint32_t near[kMatrixQueries];
};

// Multiplies two tiles of 16 rows each, for each of kSteps times 64 dimensions, with queries whose tiles stay in
// registers 4 to 6.
template <int kSums, std::size_t kSteps, class Tiles>
inline void multiply_resident(const Tiles& rows) {
  Tile::zero<kSums>();
  Tile::zero<kSums + 1>();
  Tile::load<7>(rows.at(0, 0), Tiles::kStride);
  Tile::multiply<kSums, 4, 7>();
  Tile::load<7>(rows.at(0, 1), Tiles::kStride);
  Tile::multiply<kSums + 1, 4, 7>();
  if constexpr (kSteps > 1) {
    Tile::load<7>(rows.at(1, 0), Tiles::kStride);
    Tile::multiply<kSums, 5, 7>();
    Tile::load<7>(rows.at(1, 1), Tiles::kStride);
    Tile::multiply<kSums + 1, 5, 7>();
  }
  if constexpr (kSteps > 2) {
    Tile::load<7>(rows.at(2, 0), Tiles::kStride);
    Tile::multiply<kSums, 6, 7>();
    Tile::load<7>(rows.at(2, 1), Tiles::kStride);
    Tile::multiply<kSums + 1, 6, 7>();
  }
}

// Multiplies them with queries of any number of dimensions.
template <int kSums, class Tiles>
inline void multiply_all(const Tiles& rows, const std::int8_t* queries, std::size_t stride, std::size_t steps) {
  Tile::zero<kSums>();
  Tile::zero<kSums + 1>();
  for (std::size_t step = 0; step < steps; ++step) {
    Tile::load<4>(queries + step * kMatrixDims, stride);
    Tile::load<6>(rows.at(step, 0), Tiles::kStride);
    Tile::multiply<kSums, 4, 6>();
    Tile::load<6>(rows.at(step, 1), Tiles::kStride);
    Tile::multiply<kSums + 1, 4, 6>();
  }
}

// Does either; kSteps is 0 for any number of dimensions.
template <int kSums, std::size_t kSteps, class Tiles>
inline void multiply_tiles(const Tiles& rows, const std::int8_t* queries, std::size_t stride, std::size_t steps) {
  if constexpr (kSteps > 0)
    multiply_resident<kSums, kSteps>(rows);
  else
    multiply_all<kSums>(rows, queries, stride, steps);
}

template <std::size_t kSteps>
inline void load_resident(const std::int8_t* queries, std::size_t stride) {
  if constexpr (kSteps > 0) Tile::load<4>(queries, stride);
  if constexpr (kSteps > 1) Tile::load<5>(queries + kMatrixDims, stride);
  if constexpr (kSteps > 2) Tile::load<6>(queries + 2 * kMatrixDims, stride);
}

template <int kSums>
inline void store_results(TileResults& results) {
  Tile::store<kSums>(results.dots[0], 64);
  Tile::store<kSums + 1>(results.dots[1], 64);
}

// Tiles of all sixteen queries or fewer (0 and 1: sums, 4: 64 bytes of queries, 5: the bytes left), and of rows (6 and
// 7).
inline TileShapes shapes_of(std::size_t queries, std::size_t left) {
  TileShapes shapes;
  const auto count = static_cast<std::uint8_t>(queries);
  shapes.rows[0] = shapes.rows[1] = shapes.rows[4] = shapes.rows[5] = count;
  if (left == 0) return shapes;
  shapes.row_bytes[5] = static_cast<std::uint16_t>(left);
  shapes.rows[7] = static_cast<std::uint8_t>(left / 4);
  return shapes;
}
