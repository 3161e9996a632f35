// Code kernels for blocks of long codes: estimates from tables of 256 entries, too large for registers. The look-ups of
// sixteen rows are independent of each other, so the processor has many under way at once.
//
//   append_sums<kBlocks>: as in code_bytes.inl

inline void add_long_codes(const std::uint8_t* line, const std::int16_t* tables, std::int32_t* sums) {
  for (std::size_t t = 0; t < kLineBytes / kBlockRows; ++t) {
    const std::int16_t* const table = tables + t * kLongTableEntries;
    const std::uint8_t* const codes = line + t * kBlockRows;
    for (std::size_t r = 0; r < kBlockRows; ++r) sums[r] += table[codes[r]];
  }
}

inline void scan_long_for(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, CodeScan& scan) {
  const auto* const tables = reinterpret_cast<const std::int16_t*>(scan.tables);
  for (std::size_t place = 0; place < rows; place += kBlockRows) {
    const std::size_t left = rows - place;
    alignas(64) std::int32_t sums[1][kBlockRows] = {};
    for (std::size_t g = 0; g < lines; ++g)
      add_long_codes(blocks + g * kLineBytes, tables + g * (kLineBytes / kBlockRows) * kLongTableEntries, sums[0]);
    append_sums<1>(sums, blocks + lines * kLineBytes, (lines + 1) * kLineBytes, left < kBlockRows ? left : kBlockRows,
                   static_cast<std::uint32_t>(place), scan);
    blocks += (lines + 1) * kLineBytes;
  }
}

inline void scan_long(const std::uint8_t* blocks, std::size_t rows, std::size_t lines, CodeScan* const* scans,
                      std::size_t queries) {
  for (std::size_t i = 0; i < queries; ++i) scan_long_for(blocks, rows, lines, *scans[i]);
}
