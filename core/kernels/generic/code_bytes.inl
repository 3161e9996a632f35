// Code kernels for blocks of bytes: estimates from products with the bytes of a query.
//
//   ByteLine byte_line(from), ByteQuery byte_query(from), PanelSums byte_step(sums, line, query): as the operations of
//   a panel in screen.inl, for queries of small bytes (byte_steps.inl, unless there is something faster)
//   append_sums<kBlocks>(sums, terms, stride, rows, place, scan): appends the hits among the rows of blocks, given
//   their sums; the rest is as in append_tile()

constexpr std::size_t kBlockVectors = kBlockRows / kPanelLanes;
constexpr std::size_t kByteQueries = kPanelLanes == 4 ? 2 : 4;  // as many sums as the registers hold
constexpr std::size_t kByteBlocks = kPanelLanes == 16 ? 2 : 1;

// Scans kBlocks blocks for kQueries queries; `rows` of them are rows, the first of which is the scan's row `place`.
template <std::size_t kQueries, std::size_t kBlocks>
inline void scan_byte_tile(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, std::uint32_t place,
                           const std::int32_t* missing, CodeScan* const* scans) {
  const std::size_t stride = (lines + 1) * kLineBytes;
  PanelSums sums[kQueries][kBlocks][kBlockVectors];
  for (std::size_t q = 0; q < kQueries; ++q)
    for (std::size_t b = 0; b < kBlocks; ++b)
      for (std::size_t v = 0; v < kBlockVectors; ++v) sums[q][b][v] = no_panel_sums();
  for (std::size_t g = 0; g < lines; ++g) {
    ByteLine line[kBlocks][kBlockVectors];
    for (std::size_t b = 0; b < kBlocks; ++b)
      for (std::size_t v = 0; v < kBlockVectors; ++v)
        line[b][v] = byte_line(blocks + b * stride + g * kLineBytes + v * kPanelLanes * 4);
    for (std::size_t q = 0; q < kQueries; ++q) {
      const ByteQuery query = byte_query(scans[q]->tables + g * 4);
      for (std::size_t b = 0; b < kBlocks; ++b)
        for (std::size_t v = 0; v < kBlockVectors; ++v) sums[q][b][v] = byte_step(sums[q][b][v], line[b][v], query);
    }
  }
  for (std::size_t q = 0; q < kQueries; ++q) {
    alignas(64) std::int32_t dots[kBlocks][kBlockRows];
    for (std::size_t b = 0; b < kBlocks; ++b) {
      for (std::size_t v = 0; v < kBlockVectors; ++v) panel_store(dots[b] + v * kPanelLanes, sums[q][b][v], missing[q]);
      for (std::int32_t& dot : dots[b]) dot -= scans[q]->correction;
    }
    append_sums<kBlocks>(dots, blocks + lines * kLineBytes, stride, rows, place, *scans[q]);
  }
}

template <std::size_t kQueries, std::size_t kBlocks>
inline void scan_byte_blocks(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, std::uint32_t place,
                             const std::int32_t* missing, CodeScan* const* scans) {
  constexpr std::size_t kRows = kBlocks * kBlockRows;
  while (rows > kRows - kBlockRows) {
    const std::size_t tile_rows = rows < kRows ? rows : kRows;
    scan_byte_tile<kQueries, kBlocks>(blocks, tile_rows, lines, place, missing, scans);
    blocks += kBlocks * (lines + 1) * kLineBytes;
    place += static_cast<std::uint32_t>(tile_rows);
    rows -= tile_rows;
  }
  if constexpr (kBlocks > 1) {
    if (rows > 0) scan_byte_blocks<kQueries, kBlocks / 2>(blocks, rows, lines, place, missing, scans);
  }
}

template <std::size_t kQueries>
inline void scan_bytes_for(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, CodeScan* const* scans,
                           std::size_t queries) {
  constexpr std::size_t kBlocks = kQueries == 1 ? 2 * kByteBlocks : kByteBlocks;  // one query needs as many sums
  for (; queries >= kQueries; queries -= kQueries, scans += kQueries) {
    std::int32_t missing[kQueries];
    for (std::size_t q = 0; q < kQueries; ++q) missing[q] = missing_of(scans[q]->tables, lines);
    scan_byte_blocks<kQueries, kBlocks>(blocks, rows, lines, 0, missing, scans);
  }
  if constexpr (kQueries > 1) scan_bytes_for<kQueries - 1>(blocks, rows, lines, scans, queries);
}

inline void scan_bytes(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, CodeScan* const* scans,
                       std::size_t queries) {
  scan_bytes_for<kByteQueries>(blocks, rows, lines, scans, queries);
}
