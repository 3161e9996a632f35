// Matrix kernels: products of many s8 queries with panels of u8 rows, and which rows may be near.
//
// The operations of a vector of panel_step()'s sums, besides those of screen.inl:
//   unsigned near_rows(sums, missing, offsets, errors, screen): a bit for each of its rows, set where the bound is
//   within the threshold; `missing` is added to each sum first

// Returns what panel_step() leaves out of the sums of a query.
inline std::int32_t missing_of(const std::int8_t* query, std::size_t words) {
  std::int32_t missing = 0;
  if (kPanelQueryFactor == 0) return missing;
  for (std::size_t j = 0; j < words * 4; ++j) missing += query[j];
  return missing * kPanelQueryFactor;
}

// Appends the rows of a panel whose bits are set.
inline std::size_t append_matrix_hits(std::uint32_t near, const std::int32_t* dots, std::uint32_t query,
                                      std::size_t first, const MatrixRows& rows, const MatrixScreen& screen,
                                      std::size_t found, MatrixHit* hits) {
  for (; near != 0; near &= near - 1) {
    const std::size_t r = lowest_bit(near);
    const float bound =
        rows.offsets[first + r] + screen.scale * static_cast<float>(dots[r]) - screen.slack * rows.errors[first + r];
    hits[found++] = {query, static_cast<std::uint32_t>(first + r), bound};
  }
  return found;
}

template <std::size_t kQueries>
inline void matrix_sums(const std::uint8_t* panel, const std::int8_t* queries, std::size_t stride, std::size_t words,
                        PanelSums (*sums)[kTileVectors]) {
  for (std::size_t q = 0; q < kQueries; ++q)
    for (std::size_t v = 0; v < kTileVectors; ++v) sums[q][v] = no_panel_sums();
  for (std::size_t word = 0; word < words; ++word) {
    PanelRows rows[kTileVectors];
    for (std::size_t v = 0; v < kTileVectors; ++v)
      rows[v] = panel_rows(panel + (word * kPanelRows + v * kPanelLanes) * 4);
    for (std::size_t q = 0; q < kQueries; ++q) {
      const PanelQuery query = panel_query(queries + q * stride + word * 4);
      for (std::size_t v = 0; v < kTileVectors; ++v) sums[q][v] = panel_step(sums[q][v], rows[v], query);
    }
  }
}

// A tile of a panel's rows by kTileQueries queries: the bounds are computed while the sums are in registers.
inline std::size_t matrix_tile(const MatrixRows& rows, std::size_t first, const MatrixQueries& queries,
                               std::size_t query, const std::int32_t* missing, std::size_t found, MatrixHit* hits) {
  constexpr std::size_t kRows = kTileVectors * kPanelLanes;
  const std::size_t words = (rows.dims + 3) / 4;
  const std::size_t in_panel = first % kPanelRows;
  const std::uint8_t* const panel = rows.panels + (first - in_panel) * matrix_dims(rows.dims) + in_panel * 4;
  PanelSums sums[kTileQueries][kTileVectors];
  matrix_sums<kTileQueries>(panel, queries.bytes + query * queries.stride, queries.stride, words, sums);
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
    found = append_matrix_hits(near, dots, static_cast<std::uint32_t>(query + q), first, rows, screen, found, hits);
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
