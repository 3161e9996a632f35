// Matrix kernels on a unit that multiplies tiles (tile_products.inl).
//
// unsigned near_of(dots, offsets, errors, screen) returns a bit for each of 16 rows, as near_rows() does.
//
// A panel is two tiles for each 64 dimensions.

// The rows of a panel. A tile has 64 dimensions of half of them; its lines are kStride bytes apart, with those of the
// other half in between.
struct PanelTiles {
  static constexpr std::size_t kStride = kPanelRows * 4;
  const std::uint8_t* panel;

  const std::uint8_t* at(std::size_t step, std::size_t half) const {
    return panel + step * kMatrixDims * kPanelRows + half * 64;
  }
};

// Multiplies a panel with sixteen queries; kSteps is 0 for any number of dimensions.
template <int kSums, std::size_t kSteps>
inline void multiply_panel(const MatrixRows& rows, std::size_t panel, const MatrixQueries& queries, std::size_t group) {
  const PanelTiles tiles{rows.panels + panel * panel_bytes(matrix_dims(rows.dims))};
  multiply_tiles<kSums, kSteps>(tiles, queries.bytes + group * queries.stride, queries.stride,
                                matrix_dims(rows.dims) / kMatrixDims);
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
    load_resident<kSteps>(queries.bytes + group * queries.stride, queries.stride);
    for (std::size_t turn = 0; turn < panels + kTurns - 1; ++turn) {
      if (turn % 2 == 0) {
        if (turn < panels) multiply_panel<0, kSteps>(rows, turn, queries, group);
      } else {
        if (turn < panels) multiply_panel<2, kSteps>(rows, turn, queries, group);
      }
      if (turn >= 1 && turn <= panels) {
        TileResults& stored = results[(turn - 1) % kTurns];
        if (turn % 2 == 0)
          store_results<2>(stored);
        else
          store_results<0>(stored);
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

inline void multiply_ragged(const std::uint8_t* panel, const std::int8_t* queries, std::size_t stride,
                            std::size_t steps, std::size_t left) {
  const PanelTiles tiles{panel};
  multiply_all<0>(tiles, queries, stride, steps);
  if (left == 0) return;
  Tile::load<5>(queries + steps * kMatrixDims, stride);
  Tile::load<7>(tiles.at(steps, 0), PanelTiles::kStride);
  Tile::multiply<0, 5, 7>();
  Tile::load<7>(tiles.at(steps, 1), PanelTiles::kStride);
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
