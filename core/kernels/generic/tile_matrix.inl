// Matrix kernels on a unit that multiplies tiles: 16 queries by 64 bytes with 64 bytes by 16 rows. The same text runs
// on the unit (amx.cpp) and on an emulation of it in plain C++ (in the tests).
//
// Tile has, for tile registers known at compile time:
//   configure(shapes), release(): called before and after all others, by the same thread
//   zero<t>()
//   load<t>(from, stride), store<t>(to, stride): as many rows and bytes as the tile has, `stride` bytes apart
//   multiply<c, a, b>(): c += a b, with s8 in a and u8 in b, in which four bytes of one column are adjacent
//
// unsigned near_of(dots, offsets, errors, screen) returns a bit for each of 16 rows, as near_rows() does.
//
// A panel is two tiles for each 64 dimensions, and the results of 16 queries are two tiles. Two pairs of them take
// turns, and results rest for a turn before they are compared and for another one before hits are taken: a load from
// memory that was just stored by tiles, or by sixteen masks, waits for all of it.

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

// Returns the first line of the tile of 64 dimensions of half of a panel's rows. The lines are kTileStride bytes apart,
// with those of the other half in between.
inline const std::uint8_t* tile_of(const std::uint8_t* panel, std::size_t step, std::size_t half) {
  return panel + step * kMatrixDims * kPanelRows + half * 64;
}
constexpr std::size_t kTileStride = kPanelRows * 4;

// Multiplies a panel with queries whose tiles stay in registers 4 to 6.
template <int kSums, std::size_t kSteps>
inline void multiply_resident(const std::uint8_t* panel) {
  Tile::zero<kSums>();
  Tile::zero<kSums + 1>();
  Tile::load<7>(tile_of(panel, 0, 0), kTileStride);
  Tile::multiply<kSums, 4, 7>();
  Tile::load<7>(tile_of(panel, 0, 1), kTileStride);
  Tile::multiply<kSums + 1, 4, 7>();
  if constexpr (kSteps > 1) {
    Tile::load<7>(tile_of(panel, 1, 0), kTileStride);
    Tile::multiply<kSums, 5, 7>();
    Tile::load<7>(tile_of(panel, 1, 1), kTileStride);
    Tile::multiply<kSums + 1, 5, 7>();
  }
  if constexpr (kSteps > 2) {
    Tile::load<7>(tile_of(panel, 2, 0), kTileStride);
    Tile::multiply<kSums, 6, 7>();
    Tile::load<7>(tile_of(panel, 2, 1), kTileStride);
    Tile::multiply<kSums + 1, 6, 7>();
  }
}

// Multiplies a panel with queries of any number of dimensions.
template <int kSums>
inline void multiply_all(const std::uint8_t* panel, const std::int8_t* queries, std::size_t stride, std::size_t steps) {
  Tile::zero<kSums>();
  Tile::zero<kSums + 1>();
  for (std::size_t step = 0; step < steps; ++step) {
    Tile::load<4>(queries + step * kMatrixDims, stride);
    Tile::load<6>(tile_of(panel, step, 0), kTileStride);
    Tile::multiply<kSums, 4, 6>();
    Tile::load<6>(tile_of(panel, step, 1), kTileStride);
    Tile::multiply<kSums + 1, 4, 6>();
  }
}

// Multiplies a panel with sixteen queries; kSteps is 0 for any number of dimensions.
template <int kSums, std::size_t kSteps>
inline void multiply_panel(const MatrixRows& rows, std::size_t panel, const MatrixQueries& queries, std::size_t group) {
  const std::uint8_t* const bytes = rows.panels + panel * panel_bytes(matrix_dims(rows.dims));
  if constexpr (kSteps > 0)
    multiply_resident<kSums, kSteps>(bytes);
  else
    multiply_all<kSums>(bytes, queries.bytes + group * queries.stride, queries.stride,
                        matrix_dims(rows.dims) / kMatrixDims);
}

template <std::size_t kSteps>
inline void load_resident(const MatrixQueries& queries, std::size_t group) {
  const std::int8_t* const bytes = queries.bytes + group * queries.stride;
  if constexpr (kSteps > 0) Tile::load<4>(bytes, queries.stride);
  if constexpr (kSteps > 1) Tile::load<5>(bytes + kMatrixDims, queries.stride);
  if constexpr (kSteps > 2) Tile::load<6>(bytes + 2 * kMatrixDims, queries.stride);
}

inline void compare_panel(const MatrixRows& rows, std::size_t panel, const MatrixScreen* screens,
                          TileResults& results) {
  const float* const offsets = rows.offsets + panel * kPanelRows;
  const float* const errors = rows.errors + panel * kPanelRows;
  for (std::size_t q = 0; q < kMatrixQueries; ++q)
    results.near[q] = near_of(results.dots[0] + q * 16, offsets, errors, screens[q]) |
                      near_of(results.dots[1] + q * 16, offsets + 16, errors + 16, screens[q]) << 16;
}

inline std::size_t take_hits(const MatrixRows& rows, std::size_t panel, const MatrixQueries& queries, std::size_t group,
                             const TileResults& results, std::size_t found, MatrixHit* hits) {
  std::uint32_t having = 0;  // a bit for each query that has hits: few do, and a branch for each would be mispredicted
  for (std::size_t q = 0; q < kMatrixQueries; ++q) having |= static_cast<std::uint32_t>(results.near[q] != 0) << q;
  for (; having != 0; having &= having - 1) {
    const std::size_t q = lowest_bit(having);
    const auto dot_of = [&](std::size_t r) { return results.dots[r / 16][q * 16 + r % 16]; };
    found = append_matrix_hits(rows, panel * kPanelRows, results.near[q], dot_of, queries, group + q, found, hits);
  }
  return found;
}

template <std::size_t kSteps>
std::size_t tile_hits_of(const MatrixRows& rows, const MatrixQueries& queries, MatrixHit* hits) {
  TileResults results[kTurns];
  const std::size_t panels = rows.count / kPanelRows;
  std::size_t found = 0;
  for (std::size_t group = 0; group < queries.count; group += kMatrixQueries) {
    load_resident<kSteps>(queries, group);
    for (std::size_t turn = 0; turn < panels + kTurns - 1; ++turn) {
      if (turn % 2 == 0) {
        if (turn < panels) multiply_panel<0, kSteps>(rows, turn, queries, group);
      } else {
        if (turn < panels) multiply_panel<2, kSteps>(rows, turn, queries, group);
      }
      if (turn >= 1 && turn <= panels) {
        TileResults& stored = results[(turn - 1) % kTurns];
        if (turn % 2 == 0) {
          Tile::store<2>(stored.dots[0], 64);
          Tile::store<3>(stored.dots[1], 64);
        } else {
          Tile::store<0>(stored.dots[0], 64);
          Tile::store<1>(stored.dots[1], 64);
        }
      }
      if (turn >= 2 && turn <= panels + 1)
        compare_panel(rows, turn - 2, queries.screens + group, results[(turn - 2) % kTurns]);
      if (turn >= 3) found = take_hits(rows, turn - 3, queries, group, results[(turn - 3) % kTurns], found, hits);
    }
  }
  return found;
}

std::size_t tile_hits(const MatrixRows& rows, const MatrixQueries& queries, MatrixHit* hits) {
  static_assert(kTurns == 4);
  const TileShapes shapes;
  Tile::configure(shapes);
  std::size_t found = 0;
  switch (matrix_dims(rows.dims) / kMatrixDims) {
    case 1:
      found = tile_hits_of<1>(rows, queries, hits);
      break;
    case 2:
      found = tile_hits_of<2>(rows, queries, hits);
      break;
    case kResidentSteps:
      found = tile_hits_of<kResidentSteps>(rows, queries, hits);
      break;
    default:
      found = tile_hits_of<0>(rows, queries, hits);
  }
  Tile::release();
  return found;
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

inline void multiply_ragged(const std::uint8_t* panel, const std::int8_t* queries, std::size_t stride,
                            std::size_t steps, std::size_t left) {
  multiply_all<0>(panel, queries, stride, steps);
  if (left == 0) return;
  Tile::load<5>(queries + steps * kMatrixDims, stride);
  Tile::load<7>(tile_of(panel, steps, 0), kTileStride);
  Tile::multiply<0, 5, 7>();
  Tile::load<7>(tile_of(panel, steps, 1), kTileStride);
  Tile::multiply<1, 5, 7>();
}

void tile_panel_dots(const std::uint8_t* panels, std::size_t panel_count, const std::int8_t* queries,
                     std::size_t stride, std::size_t count, std::size_t dims, std::int32_t* out,
                     std::size_t out_stride) {
  const std::size_t steps = padded_dims(dims) / kMatrixDims;
  const std::size_t left = padded_dims(dims) % kMatrixDims;
  const TileShapes shapes = shapes_of(count, left);
  Tile::configure(shapes);
  for (std::size_t p = 0; p < panel_count; ++p) {
    multiply_ragged(panels + p * panel_bytes(dims), queries, stride, steps, left);
    Tile::store<0>(out + p * kPanelRows, out_stride * sizeof(std::int32_t));
    Tile::store<1>(out + p * kPanelRows + 16, out_stride * sizeof(std::int32_t));
  }
  Tile::release();
}
