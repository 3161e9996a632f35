// Screen kernels: products of s8 queries with u8 rows, and the selection of rows that may still be near.
//
// The vector types and operations for a panel:
//   kPanelLanes rows per vector; a tile is kTileVectors vectors by kTileQueries queries, as many as the registers allow
//   PanelRows panel_rows(from): loads four dimensions of kPanelLanes rows
//   PanelQuery panel_query(from): loads four dimensions of a query, repeated for every row
//   PanelSums no_panel_sums(), panel_step(sums, rows, query), panel_store(to, sums, missing)
//   kPanelQueryFactor: like kQueryFactor, for panel_step
// For hits:
//   std::size_t append_hits(dots, first, count, screen, found, hits, bounds): handles a block of at most kHitLanes rows

inline void screen_rows(const std::int8_t* query, Rows rows, std::size_t dims, std::uint8_t flip, std::int32_t* out) {
  dot_rows<DotU8S8>(query, rows, dims, flip, out);
}

// Returns what panel_step() leaves out of the sums of a query.
inline std::int32_t missing_of(const std::int8_t* query, std::size_t words) {
  std::int32_t missing = 0;
  if (kPanelQueryFactor == 0) return missing;
  for (std::size_t j = 0; j < words * 4; ++j) missing += query[j];
  return missing * kPanelQueryFactor;
}

// Computes the sums of kQueries queries with the rows of a tile.
template <std::size_t kQueries>
inline void panel_sums(const std::uint8_t* panel, const std::int8_t* queries, std::size_t stride, std::size_t words,
                       PanelSums (*sums)[kTileVectors]) {
  for (std::size_t q = 0; q < kQueries; ++q) {
    for (std::size_t v = 0; v < kTileVectors; ++v) sums[q][v] = no_panel_sums();
  }
  for (std::size_t word = 0; word < words; ++word) {
    PanelRows rows[kTileVectors];
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      rows[v] = panel_rows(panel + (word * kPanelRows + v * kPanelLanes) * 4);
    }
    for (std::size_t q = 0; q < kQueries; ++q) {
      const PanelQuery query = panel_query(queries + q * stride + word * 4);
      for (std::size_t v = 0; v < kTileVectors; ++v) sums[q][v] = panel_step(sums[q][v], rows[v], query);
    }
  }
}

template <std::size_t kQueries>
inline void panel_tile(const std::uint8_t* panel, const std::int8_t* queries, std::size_t stride, std::size_t words,
                       std::int32_t* out, std::size_t out_stride) {
  PanelSums sums[kQueries][kTileVectors];
  panel_sums<kQueries>(panel, queries, stride, words, sums);
  for (std::size_t q = 0; q < kQueries; ++q) {
    const std::int32_t missing = missing_of(queries + q * stride, words);
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      panel_store(out + q * out_stride + v * kPanelLanes, sums[q][v], missing);
    }
  }
}

// Computes a tile of kQueries queries. The number is a template parameter so that the compiler keeps the sums in
// registers.
template <std::size_t kQueries>
inline void panel_tile_of(std::size_t count, const std::uint8_t* panel, const std::int8_t* queries, std::size_t stride,
                          std::size_t words, std::int32_t* out, std::size_t out_stride) {
  if (count >= kQueries) {
    panel_tile<kQueries>(panel, queries, stride, words, out, out_stride);
  } else if constexpr (kQueries > 1) {
    panel_tile_of<kQueries - 1>(count, panel, queries, stride, words, out, out_stride);
  }
}

inline void panel_dots(const std::uint8_t* panels, std::size_t panel_count, const std::int8_t* queries,
                       std::size_t stride, std::size_t count, std::size_t dims, std::int32_t* out,
                       std::size_t out_stride) {
  const std::size_t words = (dims + 3) / 4;
  for (std::size_t p = 0; p < panel_count; ++p) {
    const std::uint8_t* const panel = panels + p * panel_bytes(dims);
    for (std::size_t row = 0; row < kPanelRows; row += kTileVectors * kPanelLanes)
      for (std::size_t query = 0; query < count; query += kTileQueries)
        panel_tile_of<kTileQueries>(count - query, panel + row * 4, queries + query * stride, stride, words,
                                    out + query * out_stride + p * kPanelRows + row, out_stride);
  }
}

// Packs a panel, four dimensions per move. Goes word by word so that the panel is written in order; its rows are read
// as kPanelRows streams.
[[maybe_unused]] inline void pack_panel(const void* rows, std::size_t stride, std::size_t count, std::size_t dims,
                                        std::uint8_t flip, std::uint8_t* panel) {
  const Byte* const from = static_cast<const Byte*>(rows);
  const std::uint32_t mask = flip * 0x01010101u;
  const std::uint32_t none = 0;
  const std::size_t whole = dims / 4;
  for (std::size_t word = 0; word < whole; ++word) {
    Byte* const line = panel + word * kPanelRows * 4;
    for (std::size_t r = 0; r < count; ++r) {
      std::uint32_t four;
      memcpy(&four, from + r * stride + word * 4, 4);
      four ^= mask;
      memcpy(line + r * 4, &four, 4);
    }
    for (std::size_t r = count; r < kPanelRows; ++r) memcpy(line + r * 4, &none, 4);
  }
  if (whole * 4 == dims) return;
  for (std::size_t r = 0; r < kPanelRows; ++r) {
    Byte* const to = panel + (whole * kPanelRows + r) * 4;
    memcpy(to, &none, 4);
    for (std::size_t j = whole * 4; r < count && j < dims; ++j) {
      to[j - whole * 4] = static_cast<Byte>(from[r * stride + j] ^ flip);
    }
  }
}

inline std::size_t screen_hits(const std::int32_t* dots, std::size_t count, const Screen& screen, std::uint32_t* hits,
                               float* bounds) {
  std::size_t found = 0;
  for (std::size_t first = 0; first < count; first += kHitLanes) {
    const std::size_t left = count - first;
    found = append_hits(dots, first, left < kHitLanes ? left : kHitLanes, screen, found, hits, bounds);
  }
  return found;
}
