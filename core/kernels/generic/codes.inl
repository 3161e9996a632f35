// Code kernels: estimates for many rows from their 4-bit codes.
//
// The vector types and operations for a block:
//   CodeLine code_line(from): loads a line of codes, ready to look up
//   CodeTables code_tables(from): loads the tables of a line
//   CodeSums no_code_sums(), code_step(sums, line, tables)
//   append_tile<kBlocks>(sums, terms, stride, rows, place, lines, scan): appends the hits among the rows of blocks
//   whose terms are `stride` bytes apart; the first row is the scan's row number `place`
// A tile is kCodeBlocks blocks by kCodeQueries queries, as many as the registers allow.
// For arrays of estimates:
//   Range range_of(values, count), std::size_t count_within(values, count, most)
//   std::size_t keep_within(values, numbers, count, most): moves the estimates up to `most` to the front
// For tables:
//   Floats multiply_floats(a, b), void store_rounded(to, floats): stores signed bytes, ties to even

template <std::size_t kQueries, std::size_t kBlocks>
inline void scan_tile(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, std::uint32_t place,
                      CodeScan* const* scans) {
  const std::size_t stride = (lines + 1) * kLineBytes;
  CodeSums sums[kQueries][kBlocks];
  for (std::size_t q = 0; q < kQueries; ++q) {
    for (std::size_t b = 0; b < kBlocks; ++b) sums[q][b] = no_code_sums();
  }
  for (std::size_t g = 0; g < lines; ++g) {
    CodeLine line[kBlocks];
    for (std::size_t b = 0; b < kBlocks; ++b) line[b] = code_line(blocks + b * stride + g * kLineBytes);
    for (std::size_t q = 0; q < kQueries; ++q) {
      const CodeTables tables = code_tables(scans[q]->tables + g * kLineCodes * kTableBytes);
      for (std::size_t b = 0; b < kBlocks; ++b) sums[q][b] = code_step(sums[q][b], line[b], tables);
    }
  }
  for (std::size_t q = 0; q < kQueries; ++q) {
    append_tile<kBlocks>(sums[q], blocks + lines * kLineBytes, stride, rows, place, lines, *scans[q]);
  }
}

// Scans one tile. The numbers are template parameters so that the compiler keeps the sums in registers.
template <std::size_t kQueries, std::size_t kBlocks>
inline void scan_blocks(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, std::uint32_t place,
                        CodeScan* const* scans) {
  constexpr std::size_t kRows = kBlocks * kBlockRows;
  while (rows > kRows - kBlockRows) {
    const std::size_t tile_rows = rows < kRows ? rows : kRows;
    scan_tile<kQueries, kBlocks>(blocks, tile_rows, lines, place, scans);
    blocks += kBlocks * (lines + 1) * kLineBytes;
    place += static_cast<std::uint32_t>(tile_rows);
    rows -= tile_rows;
  }
  if constexpr (kBlocks > 1) {
    if (rows > 0) scan_blocks<kQueries, kBlocks - 1>(blocks, rows, lines, place, scans);
  }
}

template <std::size_t kQueries>
inline void scan_some(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, CodeScan* const* scans,
                      std::size_t queries) {
  for (; queries >= kQueries; queries -= kQueries, scans += kQueries) {
    scan_blocks<kQueries, kCodeBlocks>(blocks, rows, lines, 0, scans);
  }
  if constexpr (kQueries > 1) scan_some<kQueries - 1>(blocks, rows, lines, scans, queries);
}

inline void scan_codes(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, CodeScan* const* scans,
                       std::size_t queries) {
  scan_some<kCodeQueries>(blocks, rows, lines, scans, queries);
}

inline void fill_tables(const float* query, std::size_t codes, std::size_t directions, const float* patterns,
                        float factor, std::int8_t* tables) {
  for (std::size_t c = 0; c < codes; ++c) {
    const float* const values = query + c * directions;
    Floats sums = multiply_floats(every_float(values[0]), load_floats(patterns));
    for (std::size_t j = 1; j < directions; ++j) {
      sums = add_floats(sums, multiply_floats(every_float(values[j]), load_floats(patterns + j * kTableBytes)));
    }
    store_rounded(tables + c * kTableBytes, multiply_floats(every_float(factor), sums));
  }
}

// Searches for the threshold by false position and bisection in turn: the former is fast where estimates are spread
// evenly, the latter never degenerates.
inline std::size_t keep_least(float* estimates, std::uint32_t* numbers, std::size_t count, std::size_t wanted,
                              float* threshold) {
  Range range = range_of(estimates, count);
  if (count <= wanted) {
    *threshold = range.most;
    return count;
  }
  const std::size_t enough = wanted + wanted / 8 + 1;  // same as max_kept(), which must not be called here
  std::size_t below = 0;                               // number of estimates <= range.least, or slightly fewer
  std::size_t within = count;
  for (int round = 0; round < 40 && within > enough && range.least < range.most; ++round) {
    const float fraction =
        (static_cast<float>(wanted + enough) * 0.5f - static_cast<float>(below)) / static_cast<float>(within - below);
    const float part = (round & 1) != 0 ? 0.5f : fraction < 0.05f ? 0.05f : fraction > 0.95f ? 0.95f : fraction;
    const float middle = range.least + (range.most - range.least) * part;
    const std::size_t found = count_within(estimates, count, middle);
    if (found >= wanted) {
      range.most = middle;
      within = found;
    } else {
      range.least = middle;
      below = found;
    }
  }
  *threshold = range.most;
  return keep_within(estimates, numbers, count, range.most);
}
