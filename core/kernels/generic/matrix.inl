// Matrix kernels: products of many s8 queries with panels of u8 rows, and which rows may be near.
//
// The operations of a vector of panel_step()'s sums, besides those of screen.inl:
//   unsigned near_rows(sums, missing, offsets, errors, screen): a bit for each of its rows, set where the bound is
//   within the threshold; `missing` is added to each sum first

// A tile of a panel's rows by kTileQueries queries: the bounds are computed while the sums are in registers.
inline std::size_t matrix_tile(const MatrixRows& rows, std::size_t first, const MatrixQueries& queries,
                               std::size_t query, const std::int32_t* missing, std::size_t found, MatrixHit* hits) {
  constexpr std::size_t kRows = kTileVectors * kPanelLanes;
  const std::size_t words = (rows.dims + 3) / 4;
  const std::size_t in_panel = first % kPanelRows;
  const std::uint8_t* const panel = rows.panels + (first - in_panel) * matrix_dims(rows.dims) + in_panel * 4;
  PanelSums sums[kTileQueries][kTileVectors];
  panel_sums<kTileQueries>(panel, queries.bytes + query * queries.stride, queries.stride, words, sums);
  for (std::size_t q = 0; q < kTileQueries; ++q) {
    const MatrixScreen& screen = queries.screens[query + q];
    std::uint32_t near = 0;
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      const std::size_t row = first + v * kPanelLanes;
      near |= static_cast<std::uint32_t>(
                  near_rows(sums[q][v], missing[query + q], rows.offsets + row, rows.errors + row, screen))
              << v * kPanelLanes;
    }
    if (near == 0) continue;
    alignas(64) std::int32_t dots[kRows];
    for (std::size_t v = 0; v < kTileVectors; ++v) panel_store(dots + v * kPanelLanes, sums[q][v], missing[query + q]);
    found =
        append_matrix_hits(rows, first, near, [&](std::size_t r) { return dots[r]; }, queries, query + q, found, hits);
  }
  return found;
}

std::size_t matrix_hits(const MatrixRows& rows, const MatrixQueries& queries, MatrixHit* hits) {
  static_assert(kMatrixQueries % kTileQueries == 0);
  std::size_t found = 0;
  for (std::size_t group = 0; group < queries.count; group += kMatrixQueries) {
    std::int32_t missing[kMatrixQueries];
    for (std::size_t q = 0; q < kMatrixQueries; ++q)
      missing[q] = missing_of(queries.bytes + (group + q) * queries.stride, (rows.dims + 3) / 4);
    for (std::size_t first = 0; first < rows.count; first += kTileVectors * kPanelLanes)
      for (std::size_t query = group; query < group + kMatrixQueries; query += kTileQueries)
        found = matrix_tile(rows, first, queries, query, missing - group, found, hits);
  }
  return found;
}
